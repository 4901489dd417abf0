import { DataInputError } from '../errors.js';
import type { DecodedText } from './decode-text.js';
import type { RawTable } from './raw-table.js';

/** Whether a text holds JSON objects and not a table. */
export function looksLikeJson({ bytes }: DecodedText): boolean {
  return /^\s*(\{|\[\s*\{)/.test(bytes.toString('utf8', 0, 256));
}

/**
 * Reads JSON Lines (one object per line) or one JSON array of objects. Each object is a row, and each of its keys a column.
 *
 * @throws DataInputError with the line that is not an object
 */
export function jsonTable(text: DecodedText, file: string): RawTable {
  const source = text.bytes.toString('utf8');
  const isArray = source.trimStart().startsWith('[');
  const objects = isArray ? arrayObjects(source, file) : lineObjects(source, file);
  if (objects.length === 0) {
    throw new DataInputError('holds no rows', { file, line: 1, fix: 'Download or write it again.' });
  }
  return objectTable(objects, { file, format: isArray ? 'JSON' : 'JSON Lines', encoding: text.encoding });
}

/** An object with the line, or number, of its row. */
export interface RowObject {
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * Makes a table of objects: the columns are all keys, in order of first appearance, and a missing key is an empty cell.
 *
 * @throws DataInputError if no object has a key
 */
export function objectTable(
  objects: readonly RowObject[],
  about: Pick<RawTable, 'file' | 'format' | 'encoding'>,
): RawTable {
  const names = new Set<string>();
  for (const { value } of objects) for (const name of Object.keys(value)) names.add(name);
  const columns = [...names];
  if (columns.length === 0) {
    const fix = 'Check that it is the right file: its rows have no fields.';
    throw new DataInputError('has no columns', { file: about.file, fix });
  }
  return {
    ...about,
    header: { line: 1, cells: columns },
    rows: objects.map(({ line, value }) => ({
      line,
      cells: columns.map((name) => cellText(Object.hasOwn(value, name) ? value[name] : null)),
    })),
    plainNumbers: true,
  };
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function arrayObjects(source: string, file: string): RowObject[] {
  const fix = 'Give an array of objects, or one object per line.';
  let values: unknown;
  try {
    values = JSON.parse(source);
  } catch (cause) {
    throw new DataInputError('is not JSON', { file, fix, cause });
  }
  return (values as unknown[]).map((value, i) => {
    if (isObject(value)) return { line: i + 1, value };
    throw new DataInputError(`the element ${i + 1} of the array is not an object`, { file, fix });
  });
}

function lineObjects(source: string, file: string): RowObject[] {
  return source.split(/\r\n|\n|\r/).flatMap((text, i) => {
    if (text.trim() === '') return [];
    const place = { file, line: i + 1, fix: 'Write one JSON object per line, or save the table as CSV.' };
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new DataInputError('the line is not JSON', { ...place, cause });
    }
    if (isObject(value)) return [{ line: i + 1, value }];
    throw new DataInputError('the line is not a JSON object', place);
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
