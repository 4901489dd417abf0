import { CsvError, parse } from 'csv-parse/sync';
import { DataInputError } from '../errors.js';
import type { DecodedText } from './decode-text.js';
import { lineCounter } from './decode-text.js';
import type { RawRow, RawTable } from './raw-table.js';

/** Characters that may separate cells, in the order in which they are preferred. */
const delimiters = [',', ';', '\t', '|'] as const;
type Delimiter = (typeof delimiters)[number];

const formats: Readonly<Record<Delimiter, string>> = {
  ',': 'CSV',
  ';': 'text, cells separated by semicolons',
  '\t': 'text, cells separated by tabs',
  '|': 'text, cells separated by bars',
};

/** Bytes from which the delimiter is found: hundreds of rows. */
const SAMPLE_BYTES = 64 * 1024;

/**
 * Parses text whose cells are separated by commas, semicolons, tabs or bars: RFC 4180 quoting, any line ends, no blank lines.
 *
 * @param header names of the columns when the first row does not hold them
 * @param mayBeShort whether a row with fewer cells than the header is filled up with empty ones. @default none is
 * @throws DataInputError with the line of the first error
 */
export function delimitedTable(
  text: DecodedText,
  file: string,
  header?: readonly string[],
  mayBeShort: (cells: readonly string[]) => boolean = () => false,
): RawTable {
  const delimiter = findDelimiter(text.bytes);
  const parsed = parseRows(text.bytes, file, delimiter);
  const first = header === undefined ? parsed[0] : { line: 1, cells: header };
  if (!first || parsed.length === 0) {
    throw new DataInputError('holds only blank lines', { file, line: 1, fix: 'Download or write it again.' });
  }
  const width = first.cells.length;
  const rows = (header === undefined ? parsed.slice(1) : parsed).map((row) =>
    row.cells.length < width && mayBeShort(row.cells)
      ? { ...row, cells: [...row.cells, ...Array<string>(width - row.cells.length).fill('')] }
      : row,
  );
  if (rows.length === 0) {
    throw new DataInputError('holds a header and no rows', {
      file,
      line: first.line,
      fix: 'Download or write it again.',
    });
  }
  requireWidth(rows, width, file);
  return {
    file,
    format: formats[delimiter],
    encoding: text.encoding,
    header: first,
    rows,
    plainNumbers: false,
  };
}

function requireWidth(rows: readonly RawRow[], width: number, file: string): void {
  const last = rows[rows.length - 1];
  for (const row of rows) {
    if (row.cells.length === width) continue;
    const cutShort = row === last && row.cells.length < width;
    throw new DataInputError(
      `the row has ${row.cells.length} cells where the header has ${width}${cutShort ? ' and is the last one: the file seems to be cut short' : ''}`,
      {
        file,
        line: row.line,
        fix: cutShort
          ? 'Download or copy the file again.'
          : 'Quote cells that hold commas, and give every row each of its cells.',
      },
    );
  }
}

/** The delimiter that splits the first rows into the most cells of the same number; a comma when none does. */
export function findDelimiter(bytes: Buffer): Delimiter {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  let best: { delimiter: Delimiter; width: number; share: number } = { delimiter: ',', width: 1, share: 0 };
  for (const delimiter of delimiters) {
    const widths = sampleWidths(sample, delimiter);
    const [width = 1] = widths;
    if (width < 2) continue;
    const share = widths.filter((one) => one === width).length / widths.length;
    const better = Math.abs(share - best.share) > 0.1 ? share > best.share : width > best.width;
    if (better) best = { delimiter, width, share };
  }
  return best.delimiter;
}

function sampleWidths(sample: Buffer, delimiter: Delimiter): number[] {
  const widths: number[] = [];
  try {
    parse(sample, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (record: string[]) => {
        if (record.length > 1 || record[0].trim() !== '') widths.push(record.length);
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause; // The sample may end inside a quoted cell.
  }
  return widths;
}

/** Counts lines from byte offsets, because csv-parse's own line numbers count CRLF twice. */
function parseRows(bytes: Buffer, file: string, delimiter: Delimiter): RawRow[] {
  try {
    return rowsOf(bytes, file, delimiter, true);
  } catch (error) {
    // Programs that separate cells by tabs often write quotation marks as they are.
    if (delimiter !== '\t' || !(error instanceof DataInputError)) throw error;
    return rowsOf(bytes, file, delimiter, false);
  }
}

function rowsOf(bytes: Buffer, file: string, delimiter: Delimiter, quoted: boolean): RawRow[] {
  const rows: RawRow[] = [];
  const lineAt = lineCounter(bytes);
  let line = 1;
  try {
    parse(bytes, {
      delimiter,
      quote: quoted ? '"' : null,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (record: string[], info) => {
        if (record.length > 1 || record[0].trim() !== '') rows.push({ line, cells: record });
        line = lineAt(info.bytes);
        return null;
      },
    });
  } catch (cause) {
    throw cause instanceof CsvError ? quotingError(cause, file, line) : cause;
  }
  return rows;
}

function quotingError(cause: CsvError, file: string, line: number): DataInputError {
  if (cause.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new DataInputError(
      'the row that starts here has a quoted cell that never ends: the file seems to be cut short',
      {
        file,
        line,
        fix: 'Download or copy the file again; a quote inside a quoted cell must be doubled.',
        cause,
      },
    );
  }
  return new DataInputError('the row that starts here has a quote in the wrong place', {
    file,
    line,
    fix: 'Put the whole cell in quotes and double each quote inside it.',
    cause,
  });
}

/** Cells of the first row that is not blank. */
export function firstCells({ bytes }: DecodedText): readonly string[] {
  let cells: readonly string[] = [];
  try {
    parse(bytes.subarray(0, SAMPLE_BYTES), {
      delimiter: findDelimiter(bytes),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: 1,
      on_record: (record: string[]) => {
        cells = record;
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause; // The error is told when the whole file is read.
  }
  return cells;
}
