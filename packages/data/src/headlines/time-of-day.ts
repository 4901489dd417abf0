import { quote } from '../errors.js';
import { onlyDates, readDates } from '../read/date-column.js';
import { isMissing } from '../read/number-column.js';
import { clocksOfDigits, headerZone, isTimeOfDay, parseEpoch, splitDate } from '../read/parse-moment.js';
import type { RawTable } from '../read/raw-table.js';
import { cellError } from '../read/raw-table.js';

/**
 * Joins the times of one column to the dates of another, such as `Date` and `Time`, so that the dates have times. A zone that the
 * header names, as in `Time (UTC)`, holds for the cells without one. An empty time leaves a date without a time. A column with whole
 * timestamps takes the place of the dates.
 *
 * @param dates column of the dates; its cells are replaced
 * @param times column of the times
 * @throws DataInputError that names file, line, column and fix
 */
export function joinTimes(
  table: RawTable,
  dates: number,
  times: number,
  assumptions: string[],
  dateFormat?: string,
): RawTable {
  const [dateName, timeName] = [dates, times].map((index) => quote(table.header.cells[index].trim()));
  if (hasTimes(table, dates, dateFormat)) {
    assumptions.push(`${timeName} is not used, because ${dateName} has times of its own`);
    return table;
  }
  const cells = clockCells(table, times);
  const filled = cells.filter((cell) => !isMissing(cell));
  if (filled.length === 0) {
    assumptions.push(`${timeName} has no times`);
    return table;
  }
  const moments = filled.map(momentOf);
  if (!filled.some(isTimeOfDay) && moments.every((moment) => moment !== null)) {
    if (moments.every(({ time }) => time === null)) {
      assumptions.push(`${timeName} has no times`);
      return table;
    }
    assumptions.push(`${timeName} has whole timestamps, which are used in place of ${dateName}`);
    return withCells(table, dates, (row, i) => (isMissing(cells[i]) ? row : cells[i]));
  }
  for (const [i, cell] of cells.entries()) {
    if (isMissing(cell) || isTimeOfDay(cell)) continue;
    throw cellError(
      table,
      table.rows[i],
      times,
      `${quote(cell)} is not a time of day`,
      /^\d{1,6}$/.test(cell)
        ? 'Write it with a colon, as 16:05. Digits alone are read where every time has four or six of them, or one is above 1439, so that they are no minutes after midnight.'
        : 'Write times as 16:05, 16:05:30 or 4:05 PM, perhaps with a zone; or rename the column if it holds something else.',
    );
  }
  const zone = headerZone(table.header.cells[times]);
  const empty = cells.length - filled.length;
  assumptions.push(
    `dates of ${dateName} have the times of ${timeName}${empty === 0 ? '' : `, which is empty in ${empty} of ${cells.length} rows`}`,
  );
  return withCells(table, dates, (date, i) => {
    if (isMissing(cells[i])) return date;
    const zoned = zone === null || /[a-z+-]/i.test(cells[i].replace(/[ap]\.?m\b\.?/i, ''));
    return `${dayAlone(date)} ${cells[i]}${zoned ? '' : ` ${zone}`}`;
  });
}

/** The cells of a column of times, those of digits alone with colons. */
function clockCells(table: RawTable, index: number): string[] {
  const cells = table.rows.map((row) => row.cells[index].trim());
  const clocks = clocksOfDigits(cells.filter((cell) => !isMissing(cell)))?.values();
  return clocks ? cells.map((cell) => (isMissing(cell) ? cell : clocks.next().value!)) : cells;
}

/** Whether a column of dates has times other than midnight. */
const hasTimes = (table: RawTable, index: number, dateFormat?: string): boolean =>
  !onlyDates(readDates(table, index, dateFormat).moments);

/** The time of a cell that starts with a date; null for other cells. */
function momentOf(cell: string): { readonly time: number | null } | null {
  const parts = parseEpoch(cell) ?? splitDate(cell);
  return parts !== null && 'orders' in parts && parts.orders.length === 0 ? null : parts;
}

/** A date that a time can follow: without the midnight that pandas and spreadsheets write after it, and never of digits alone. */
function dayAlone(cell: string): string {
  const text = cell.trim();
  const compact = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (compact) return compact.slice(1).join('-');
  return (
    parseEpoch(text)?.date ??
    text.replace(/(?:T|\s+)0?0:00(?::00(?:\.0+)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?$/i, '')
  );
}

const withCells = (
  table: RawTable,
  index: number,
  cellOf: (cell: string, row: number) => string,
): RawTable => ({
  ...table,
  rows: table.rows.map((row, i) => ({
    ...row,
    cells: row.cells.map((cell, column) => (column === index ? cellOf(cell, i) : cell)),
  })),
});
