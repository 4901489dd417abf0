import { epochDay } from '../calendar/iso-date.js';
import { DataInputError, quote } from '../errors.js';
import type { CsvFile, CsvRow } from './parse-csv.js';
import { lineOfCell } from './parse-csv.js';

/** Years outside this range are typing errors. The exchange opened in 1792. */
const YEARS = { first: 1792, last: 2100 };

/** Parses a date cell, YYYY-MM-DD. Other formats are refused, because 01/07/2016 is ambiguous. */
export function dateCell(csv: CsvFile, row: CsvRow, index: number): string {
  const text = row.cells[index].trim();
  const year = Number(text.slice(0, 4));
  if (epochDay(text) !== null && year >= YEARS.first && year <= YEARS.last) return text;
  const place = { file: csv.file, line: lineOfCell(row, index), column: csv.header.cells[index].trim() };
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const far = epochDay(text) !== null;
    throw new DataInputError(far ? `the year of ${text} is far off` : `there is no day ${text}`, {
      ...place,
      fix: 'Correct the date.',
    });
  }
  throw new DataInputError(`${quote(text)} is not a date`, {
    ...place,
    fix: 'Write dates as YYYY-MM-DD, such as 2016-07-01.',
  });
}

/** Throws when two rows have the same date. The message names both lines. */
export function requireDistinctDates(
  csv: CsvFile,
  dateIndex: number,
  dated: readonly { readonly date: string; readonly row: CsvRow }[],
): void {
  const lines = new Map<string, number>();
  for (const { date, row } of dated) {
    const line = lineOfCell(row, dateIndex);
    const earlier = lines.get(date);
    if (earlier !== undefined) {
      throw new DataInputError(`the day ${date} is there already, on line ${earlier}`, {
        file: csv.file,
        line,
        column: csv.header.cells[dateIndex].trim(),
        fix: 'Keep one of the two rows.',
      });
    }
    lines.set(date, line);
  }
}

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Parses a cell as a finite number that satisfies the rule. */
export function numberCell(
  csv: CsvFile,
  row: CsvRow,
  index: number,
  rule: 'positive' | 'not negative',
): number {
  const text = row.cells[index].trim();
  const fail = (problem: string, fix: string): never => {
    throw new DataInputError(problem, {
      file: csv.file,
      line: lineOfCell(row, index),
      column: csv.header.cells[index].trim(),
      fix,
    });
  };
  if (text === '') fail('the cell is empty where a number should be', 'Fill it in, or delete the row.');
  if (/^[+-]?(null|nan|n\/a|inf(inity)?)$/i.test(text)) {
    fail(
      `${quote(text)} is not a finite number`,
      'Fill in the number, or delete the row of a day without data.',
    );
  }
  if (!decimal.test(text)) {
    fail(
      `${quote(text)} is not a number`,
      'Write plain decimals, such as 11734.32, without units or thousands separators.',
    );
  }
  const value = Number(text);
  if (!Number.isFinite(value)) fail(`${quote(text)} is too large a number`, 'Correct it.');
  if (rule === 'positive' && value <= 0)
    fail(`${text} is not a price: prices are above 0`, 'Correct it, or delete the row.');
  if (value < 0) fail(`${text} is below 0`, 'Correct it, or delete the row.');
  return value;
}
