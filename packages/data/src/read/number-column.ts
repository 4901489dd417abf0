import type { DataInputError } from '../errors.js';
import { quote } from '../errors.js';
import type { RawRow, RawTable } from './raw-table.js';
import { cellError, columnError } from './raw-table.js';

/** Mark before the decimals of a number. */
export type DecimalMark = 'point' | 'comma';

/** How the numbers of a table are written. */
export interface NumberStyle {
  readonly decimal: DecimalMark;
  /** Whether any number has marks between thousands. */
  readonly grouped: boolean;
}

/** Texts of a cell that stand for no value. */
const missing = /^(|[-\u2013\u2014]+|\.|#?n\/?a(?:n|\.)?|<na>|null|none|nd)$/i;

/** Whether a cell says that there is no value: empty, `-`, `.`, `null`, `NaN`, `N/A` and the like. */
export const isMissing = (cell: string): boolean => missing.test(cell.trim());

/** Factor of the letter after a number. */
const multipliers: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9, t: 1e12 };

const groups = (mark: string, decimal: string): RegExp =>
  new RegExp(`^([+-]?)(\\d{1,3}(?:${mark}\\d{3})+)(?:${decimal}(\\d*))?$`);
const plain: Readonly<Record<DecimalMark, RegExp>> = {
  point: /^([+-]?)(\d*)(?:\.(\d*))?(e[+-]?\d+)?$/i,
  comma: /^([+-]?)(\d*)(?:,(\d*))?(e[+-]?\d+)?$/i,
};
const grouped: Readonly<Record<DecimalMark, readonly RegExp[]>> = {
  point: [groups(',', '\\.'), groups("['\u2019]", '\\.'), groups('[ \u00a0\u202f]', '\\.')],
  comma: [groups('\\.', ','), groups("['\u2019]", ','), groups('[ \u00a0\u202f]', ',')],
};

interface ParsedNumber {
  readonly value: number;
  readonly grouped: boolean;
}

/** Parses a cell by one style; null when it is not written so. */
function parseNumber(cell: string, decimal: DecimalMark): ParsedNumber | null {
  const [, sign = '', body, letter] = /^([+-]?)[$\u20ac\u00a3\u00a5]?\s?(.*?)\s?([kmbt]?)$/is.exec(
    cell.trim(),
  )!;
  const factor = letter === '' ? 1 : multipliers[letter.toLowerCase()];
  const text = sign + body;
  const simple = plain[decimal].exec(text);
  if (simple && (simple[2] !== '' || (simple[3] ?? '') !== '')) {
    return { value: toValue(simple[1], simple[2], simple[3], simple[4], factor), grouped: false };
  }
  for (const pattern of grouped[decimal]) {
    const match = pattern.exec(text);
    if (match)
      return { value: toValue(match[1], match[2].replace(/\D/g, ''), match[3], '', factor), grouped: true };
  }
  return null;
}

/** Multiplies by moving the decimal point, so that 310.95M is exactly 310950000. */
function toValue(sign: string, whole: string, decimals = '', exponent = '', factor = 1): number {
  const power = Math.round(Math.log10(factor)) + Number(exponent.slice(1) || 0);
  return Number(`${sign}${whole || '0'}.${decimals || '0'}e${power}`);
}

/** A column of numbers to read. */
export interface NumberColumn {
  readonly index: number;
  /** Rule that each value must satisfy. */
  readonly rule: 'positive' | 'not negative';
}

/** Numbers of a table. */
export interface NumberColumns {
  /** Values by column and row; NaN where a cell says that there is no value. */
  readonly columns: readonly Float64Array[];
  readonly style: NumberStyle;
}

/**
 * Reads columns of numbers, all written in one style. The style is found from all their cells: the one that fits every cell. A table
 * that both styles fit with different values, such as `1,234` throughout, is refused.
 *
 * @param decimal the decimal mark, when the caller knows it
 * @throws DataInputError that names file, line, column and fix
 */
export function readNumbers(
  table: RawTable,
  wanted: readonly NumberColumn[],
  decimal?: DecimalMark,
): NumberColumns {
  const mark = decimal ?? (table.plainNumbers ? 'point' : findDecimalMark(table, wanted));
  let anyGrouped = false;
  const columns = wanted.map(({ index, rule }) =>
    Float64Array.from(table.rows, (row) => {
      const cell = row.cells[index];
      if (isMissing(cell)) return Number.NaN;
      const parsed = parseNumber(cell, mark);
      if (!parsed) throw notANumber(table, row, index, mark);
      anyGrouped ||= parsed.grouped;
      requireValue(table, row, index, parsed.value, rule);
      return parsed.value;
    }),
  );
  return { columns, style: { decimal: mark, grouped: anyGrouped } };
}

/** Whether all values of a column that are not missing can be read as numbers. */
export function isNumeric(table: RawTable, index: number): boolean {
  let some = false;
  for (const { cells } of table.rows) {
    if (isMissing(cells[index])) continue;
    if (!parseNumber(cells[index], 'point') && !parseNumber(cells[index], 'comma')) return false;
    some = true;
  }
  return some;
}

function findDecimalMark(table: RawTable, wanted: readonly NumberColumn[]): DecimalMark {
  const fits = { point: true, comma: true };
  let ambiguous: { row: RawRow; index: number } | null = null;
  for (const row of table.rows) {
    for (const { index } of wanted) {
      const cell = row.cells[index];
      if (isMissing(cell)) continue;
      const point = parseNumber(cell, 'point');
      const comma = parseNumber(cell, 'comma');
      if (!point && !comma) continue; // The error names it when the column is read.
      if (!point) fits.point = false;
      if (!comma) fits.comma = false;
      if (point && comma && point.value !== comma.value) ambiguous ??= { row, index };
    }
  }
  if (fits.point && fits.comma && ambiguous) {
    const { row, index } = ambiguous;
    throw cellError(
      table,
      row,
      index,
      `${quote(row.cells[index].trim())} has a decimal mark or a mark between thousands, and no number of the file tells which`,
      'Give --decimal point (as in 1,234.5) or --decimal comma (as in 1.234,5).',
    );
  }
  return fits.point ? 'point' : fits.comma ? 'comma' : majority(table, wanted);
}

/** The style of most cells, so that the error names a cell that is unlike the others. */
function majority(table: RawTable, wanted: readonly NumberColumn[]): DecimalMark {
  let balance = 0;
  for (const { cells } of table.rows) {
    for (const { index } of wanted) {
      const [point, comma] = [parseNumber(cells[index], 'point'), parseNumber(cells[index], 'comma')];
      if (point && !comma) balance++;
      if (comma && !point) balance--;
    }
  }
  return balance >= 0 ? 'point' : 'comma';
}

function notANumber(table: RawTable, row: RawRow, index: number, mark: DecimalMark): DataInputError {
  const text = row.cells[index].trim();
  if (/^[+-]?inf(inity)?$/i.test(text)) {
    return cellError(
      table,
      row,
      index,
      `${quote(text)} is not a finite number`,
      'Fill in the number, or delete the row of a day without data.',
    );
  }
  const other = mark === 'point' ? 'comma' : 'point';
  if (parseNumber(text, other)) {
    return columnError(
      table,
      index,
      `${quote(text)} has a decimal ${other}, and other numbers of the file a decimal ${mark}`,
      'Write all numbers in one way.',
    );
  }
  return cellError(
    table,
    row,
    index,
    `${quote(text)} is not a number`,
    'Write a number, such as 11734.32, or leave the cell empty.',
  );
}

function requireValue(
  table: RawTable,
  row: RawRow,
  index: number,
  value: number,
  rule: NumberColumn['rule'],
): void {
  const text = row.cells[index].trim();
  const fail = (problem: string, fix: string): never => {
    throw cellError(table, row, index, problem, fix);
  };
  if (!Number.isFinite(value)) fail(`${quote(text)} is too large a number`, 'Correct it.');
  if (value >= 0) return;
  if (rule === 'positive')
    fail(`${text} is not a price: prices are above 0`, 'Correct it, or delete the row.');
  fail(`${text} is below 0`, 'Correct it, or delete the row.');
}
