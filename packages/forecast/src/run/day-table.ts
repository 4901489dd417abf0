import type { SplitName } from '@fin/data';
import { splitNames } from '@fin/data';
import { DamagedFileError } from '@fin/files';

/** First columns of every table of decision days. */
export const dayColumns = ['split', 'decisionDate', 'targetDate'] as const;

/** One line of a table of decision days. */
export interface DayRow {
  readonly split: SplitName;
  readonly decisionDate: string;
  readonly targetDate: string;
  /**
   * Number in a column.
   *
   * @throws {DamagedFileError} naming file, line and column when it is none
   */
  number(column: string): number;
}

/**
 * Reads a table that a run holds: a header and one line per decision day, in time order.
 *
 * @param columnError says what is wrong with the header's columns; null when nothing is
 * @throws {DamagedFileError} naming file, line and column of the first error: a wrong header, split or number, a date that does
 *   not exist, dates or splits out of order
 */
export function parseDayTable(
  text: string,
  file: string,
  columnError: (columns: readonly string[]) => string | null,
): { readonly columns: readonly string[]; readonly rows: readonly DayRow[] } {
  const [header, ...lines] = text.trimEnd().split('\n');
  const columns = header.split(',');
  const error = columnError(columns);
  if (error !== null) throw damaged(file, 1, error);
  const rows = lines.map((line, index) => parseLine(line, columns, file, index + 2));
  rows.forEach(({ split, targetDate }, index) => {
    if (index === 0) return;
    const before = rows[index - 1];
    if (targetDate <= before.targetDate) {
      throw damaged(file, index + 2, `targetDate ${targetDate} is not after ${before.targetDate}`);
    }
    if (splitNames.indexOf(split) < splitNames.indexOf(before.split)) {
      throw damaged(file, index + 2, `split ${split} comes after ${before.split}`);
    }
  });
  return { columns, rows };
}

function parseLine(line: string, columns: readonly string[], file: string, lineNumber: number): DayRow {
  const cells = line.split(',');
  if (cells.length !== columns.length) {
    throw damaged(file, lineNumber, `it has ${cells.length} columns instead of ${columns.length}`);
  }
  const cell = (column: string): string => cells[columns.indexOf(column)];
  const split = splitNames.find((name) => name === cell('split'));
  if (split === undefined) throw damaged(file, lineNumber, `split is "${cell('split')}"`);
  for (const column of ['decisionDate', 'targetDate']) {
    if (!isDate(cell(column))) throw damaged(file, lineNumber, `${column} "${cell(column)}" is not a date`);
  }
  const [decisionDate, targetDate] = [cell('decisionDate'), cell('targetDate')];
  if (targetDate <= decisionDate) {
    throw damaged(file, lineNumber, `targetDate ${targetDate} is not after decisionDate ${decisionDate}`);
  }
  return {
    split,
    decisionDate,
    targetDate,
    number(column) {
      const parsed = cell(column).trim() === '' ? Number.NaN : Number(cell(column));
      if (Number.isFinite(parsed)) return parsed;
      throw damaged(file, lineNumber, `${column} "${cell(column)}" is not a number`);
    },
  };
}

const damaged = (file: string, line: number, problem: string): DamagedFileError =>
  new DamagedFileError(file, `line ${line}: ${problem}; train the run again`);

/** Whether a text is an existing day in the format YYYY-MM-DD. */
function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
