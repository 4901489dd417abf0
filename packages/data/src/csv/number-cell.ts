import { DataInputError } from '../errors.js';
import type { CsvFile, CsvRow } from './parse-csv.js';
import { lineOfCell } from './parse-csv.js';

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The finite number in a cell that keeps the rule. */
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
    fail(`"${text}" is not a finite number`, 'Fill in the number, or delete the row of a day without data.');
  }
  if (!decimal.test(text)) {
    fail(
      `"${text.slice(0, 40)}" is not a number`,
      'Write plain decimals, such as 11734.32, without units or thousands separators.',
    );
  }
  const value = Number(text);
  if (!Number.isFinite(value)) fail(`"${text.slice(0, 40)}" is too large a number`, 'Correct it.');
  if (rule === 'positive' && value <= 0)
    fail(`${text} is not a price: prices are above 0`, 'Correct it, or delete the row.');
  if (value < 0) fail(`${text} is below 0`, 'Correct it, or delete the row.');
  return value;
}
