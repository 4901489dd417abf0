import { epochDay, isoDateOf } from '../calendar/iso-date.js';
import { exchangeZone, instantOf, wallTime } from '../calendar/time-zone.js';
import { DataInputError, quote } from '../errors.js';
import type { DateOrder, DateParts, Moment } from './parse-moment.js';
import { dateOf, isCompactTimestamp, parseEpoch, splitDate } from './parse-moment.js';
import type { RawRow, RawTable } from './raw-table.js';
import { cellError } from './raw-table.js';

/** Years outside this range are typing errors. The exchange opened in 1792. */
const YEARS = { first: 1792, last: 2100 };

const MS_PER_DAY = 86_400_000;

const orderWords: Readonly<Record<DateOrder, string>> = {
  YMD: 'year-month-day',
  DMY: 'day-month-year',
  MDY: 'month-day-year',
  YDM: 'year-day-month',
};

/** Dates of a column. */
export interface DateColumn {
  /** One per row. */
  readonly moments: readonly Moment[];
  /** How the dates are written, in words. */
  readonly written: string;
}

/**
 * Reads a column of dates, with or without times. The order of day and month is found from the whole column: the one that fits every
 * cell. A column that two orders fit is refused.
 *
 * @param format order of the parts, such as DD/MM/YYYY, when the caller knows it
 * @throws DataInputError that names file, line, column and fix
 */
export function readDates(table: RawTable, index: number, format?: string): DateColumn {
  const given = format === undefined ? null : orderOfFormat(format);
  const cells = table.rows.map((row) => row.cells[index].trim());
  const epochs = cells.map(parseEpoch);
  if (epochs.every((moment) => moment !== null) && !cells.every(isCompactTimestamp)) {
    for (const [i, { date }] of epochs.entries()) requireYear(table, table.rows[i], index, date);
    return { moments: epochs, written: 'seconds since 1970' };
  }
  const split = cells.map((cell, i) => {
    const parts = splitDate(cell);
    if (parts && parts.orders.length > 0) return parts;
    if (parts && isIso(cell)) throw noSuchDay(table, table.rows[i], index, cell);
    throw notADate(table, table.rows[i], index);
  });
  const orders = new Map<string, DateOrder>();
  const moments = split.map((parts, i): Moment => {
    const form = formOf(parts);
    const order = orders.get(form) ?? orderOfForm(table, index, split, i, given);
    orders.set(form, order);
    if (!parts.orders.includes(order)) throw otherOrder(table, table.rows[i], index, order);
    const { text, exists } = dateOf(parts, order);
    if (!exists) throw noSuchDay(table, table.rows[i], index, text);
    requireYear(table, table.rows[i], index, text);
    return { date: text, time: parts.time, zone: parts.zone, epoch: false };
  });
  return { moments, written: [...new Set(orders.values())].map((order) => orderWords[order]).join(' and ') };
}

/** Where the year and a month's name stand. Cells of the same form are written in one order. */
const formOf = ({ parts }: DateParts): string => parts.map(({ kind }) => kind).join(' ');

/** Whether a date can be read in one way only, since its year comes first or its month is a name. */
const isSettled = ({ parts }: DateParts): boolean =>
  parts[0].kind === 'year' ||
  (parts.some(({ kind }) => kind === 'month name') && parts.some(({ kind }) => kind === 'year'));

/** The order that `--date-format` names. */
export function orderOfFormat(format: string): DateOrder {
  const letters = (format.toUpperCase().match(/Y+|M+|D+/g) ?? []).map((part) => part[0]).join('');
  const order = (['YMD', 'DMY', 'MDY', 'YDM'] as const).find((one) => one === letters);
  if (order !== undefined) return order;
  throw new DataInputError(`${quote(format)} is not a date format`, {
    fix: 'Give the order of year, month and day, such as DD/MM/YYYY, MM/DD/YYYY or YYYY-MM-DD.',
  });
}

/** The order that fits all cells of the form of row `at`. @param given order that the caller knows, for forms that are not settled */
function orderOfForm(
  table: RawTable,
  index: number,
  split: readonly DateParts[],
  at: number,
  given: DateOrder | null,
): DateOrder {
  const first = split[at];
  if (given !== null && !isSettled(first)) return given;
  const form = formOf(first);
  const alike = split.map((parts, i) => ({ parts, i })).filter(({ parts }) => formOf(parts) === form);
  let common = first.orders;
  for (const { parts, i } of alike) {
    const remaining = common.filter((order) => parts.orders.includes(order));
    if (remaining.length === 0) throw otherOrder(table, table.rows[i], index, common[0]);
    common = remaining;
  }
  const [order] = common;
  const same = alike.every(({ parts }) => new Set(common.map((one) => dateOf(parts, one).text)).size === 1);
  if (common.length === 1 || same) return order;
  const row = table.rows[at];
  const readings = common.map((one) => dateOf(first, one).text).join(' or ');
  throw cellError(
    table,
    row,
    index,
    `${quote(row.cells[index].trim())} can be read as ${readings}, and no date of this column tells which`,
    `Give --date-format ${common.map((one) => formatOf(one, first)).join(' or ')}.`,
  );
}

/** "DD/MM/YYYY" */
function formatOf(order: DateOrder, { parts }: DateParts): string {
  return [...order]
    .map((letter, i) => {
      if (letter === 'Y') return parts[i].kind === 'year' ? 'YYYY' : 'YY';
      return letter === 'M' && parts[i].kind === 'month name' ? 'MMM' : letter.repeat(2);
    })
    .join('/');
}

const isIso = (text: string): boolean => /^\d{4}-\d{2}-\d{2}\b/.test(text);

function notADate(table: RawTable, row: RawRow, index: number): DataInputError {
  return cellError(
    table,
    row,
    index,
    `${quote(row.cells[index].trim())} is not a date`,
    'Write dates as YYYY-MM-DD, such as 2016-07-01.',
  );
}

function otherOrder(table: RawTable, row: RawRow, index: number, order: DateOrder): DataInputError {
  return cellError(
    table,
    row,
    index,
    `${quote(row.cells[index].trim())} is not written ${orderWords[order]}, as the column's dates are`,
    'Correct it, or give the right order with --date-format.',
  );
}

const noSuchDay = (table: RawTable, row: RawRow, index: number, text: string): DataInputError =>
  cellError(table, row, index, `there is no day ${text.slice(0, 10)}`, 'Correct the date.');

function isPossibleYear(date: string): boolean {
  const year = Number(date.slice(0, 4));
  return year >= YEARS.first && year <= YEARS.last;
}

function requireYear(table: RawTable, row: RawRow, index: number, date: string): void {
  if (isPossibleYear(date)) return;
  throw cellError(table, row, index, `the year of ${date} is far off`, 'Correct the date.');
}

/** Milliseconds of a clock that ignores zones. */
const wallOf = ({ date, time }: Moment): number => epochDay(date)! * MS_PER_DAY + (time ?? 0);

/** The instant of a moment with a time. @param assumed zone of moments that name none */
export function instantOfMoment(moment: Moment, assumed: string): number {
  const zone = moment.zone ?? assumed;
  const wall = wallOf(moment);
  return typeof zone === 'number' ? wall - zone * 60_000 : instantOf(zone, wall);
}

/** Date and milliseconds after midnight that the clocks of a zone show at a moment with a time. */
export function inZone(moment: Moment, zone: string, assumed: string): { date: string; time: number } {
  const wall =
    (moment.zone ?? assumed) === zone ? wallOf(moment) : wallTime(zone, instantOfMoment(moment, assumed));
  const day = Math.floor(wall / MS_PER_DAY);
  return { date: isoDateOf(day), time: wall - day * MS_PER_DAY };
}

/** Whether no moment has a time other than midnight, so that the column holds dates. */
export const onlyDates = (moments: readonly Moment[]): boolean =>
  moments.every(({ time }) => time === null || time === 0);

/**
 * Trading days of a price table's date column: the dates as written. Instants in UTC (epochs, and timestamps that end in Z) are
 * taken as dates at midnight, of UTC or of New York, or converted to the zone that the caller names.
 */
export function tradingDates(
  table: RawTable,
  index: number,
  { moments }: DateColumn,
  timeZone?: string,
): string[] {
  const instants = moments.every(({ zone, time }) => zone === 0 && time !== null);
  if (!instants || onlyDates(moments)) return moments.map(({ date }) => date);
  if (timeZone !== undefined) return moments.map((moment) => inZone(moment, timeZone, timeZone).date);
  const local = moments.map((moment) => inZone(moment, exchangeZone, exchangeZone));
  // Yahoo's epochs are of the opening; other tables have midnight in New York.
  const odd = local.findIndex(({ time }, i) => time !== 0 && local[i].date !== moments[i].date);
  const asian = moments.findIndex(({ time }) => time !== null && time >= 15 * 3_600_000 && time < MS_PER_DAY);
  if (odd < 0 && asian < 0) return local.map(({ date }) => date);
  throw cellError(
    table,
    table.rows[Math.max(odd, asian)],
    index,
    `${quote(table.rows[Math.max(odd, asian)].cells[index].trim())} is a time in UTC, which can be another day at the exchange`,
    "Give --time-zone, the exchange's zone, such as America/New_York.",
  );
}

/** Whether a date, perhaps with a time, can be read by itself: a column of such dates has no order of day and month to find. */
export function isReadableDate(text: string): boolean {
  const parts = splitDate(text.trim());
  if (!parts || parts.orders.length === 0 || !isSettled(parts)) return false;
  const { text: date, exists } = dateOf(parts, parts.orders[0]);
  return exists && isPossibleYear(date);
}
