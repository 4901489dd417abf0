import { VizInputError } from '../errors.js';

/**
 * Rows of a chart: an array, or any table that gives its rows one by one, such as an arquero or Arrow table. Columns have the
 * names of the fields.
 */
export type Rows<Row> = Iterable<Row>;

/** A day: an ISO date (2015-01-31), or a `Date` at midnight UTC, as arquero parses it. */
export type Day = string | Date;

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The rows as an array. Throws when there is nothing to draw. */
export function listRows<Row>(chart: string, rows: Rows<Row>): readonly Row[] {
  const list = Array.isArray(rows) ? (rows as readonly Row[]) : Array.from(rows);
  if (list.length === 0) throw new VizInputError(`${chart}: there is no data to draw; pass at least one row`);
  return list;
}

/** Throws unless `value` is a finite number. */
export function checkFinite(chart: string, row: number, field: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new VizInputError(
      `${chart}: ${field} of row ${row} is ${String(value)}; it must be a finite number`,
    );
  }
}

/** Throws unless `value` is a finite number of at least 0. */
export function checkNotNegative(chart: string, row: number, field: string, value: unknown): void {
  checkFinite(chart, row, field, value);
  if ((value as number) >= 0) return;
  throw new VizInputError(`${chart}: ${field} of row ${row} is ${value}; it must be at least 0`);
}

/** Throws unless `low <= value <= high`, all finite. */
export function checkInterval(
  chart: string,
  row: number,
  { low, value, high }: { readonly low: number; readonly value: number; readonly high: number },
): void {
  for (const [field, number] of Object.entries({ low, value, high })) checkFinite(chart, row, field, number);
  if (low <= value && value <= high) return;
  throw new VizInputError(
    `${chart}: row ${row} has the interval ${low} to ${high} around ${value}; it must hold the value`,
  );
}

/** The days as ISO dates. Throws unless they are real days in ascending order, each once. */
export function isoDates(chart: string, days: readonly Day[]): string[] {
  const dates = days.map((day) => (day instanceof Date && !Number.isNaN(day.getTime()) ? toIso(day) : day));
  for (const [i, date] of dates.entries()) {
    if (typeof date !== 'string' || !isIsoDay(date)) {
      throw new VizInputError(
        `${chart}: the date of row ${i} is ${typeof date === 'string' ? JSON.stringify(date) : String(date)}; ` +
          'write it as 2015-01-31',
      );
    }
    if (i > 0 && date <= (dates[i - 1] as string)) {
      throw new VizInputError(
        `${chart}: row ${i} (${date}) does not come after row ${i - 1} (${dates[i - 1]}); sort by date, one row a day`,
      );
    }
  }
  return dates as string[];
}

const toIso = (day: Date): string => day.toISOString().slice(0, 10);

function isIsoDay(text: string): boolean {
  if (!ISO_DATE.test(text)) return false;
  const time = Date.parse(text);
  return Number.isFinite(time) && toIso(new Date(time)) === text;
}
