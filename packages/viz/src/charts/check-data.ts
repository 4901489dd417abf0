import { VizInputError } from '../errors.js';

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Throws when there is nothing to draw. */
export function checkNotEmpty(chart: string, rows: readonly unknown[]): void {
  if (rows.length === 0) throw new VizInputError(`${chart}: there is no data to draw; pass at least one row`);
}

/** Throws unless `value` is a finite number. */
export function checkFinite(chart: string, row: number, field: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new VizInputError(
      `${chart}: ${field} of row ${row} is ${String(value)}; it must be a finite number`,
    );
  }
}

/** Throws unless dates are real ISO days in ascending order, each once. */
export function checkDates(chart: string, dates: readonly string[]): void {
  for (const [i, date] of dates.entries()) {
    if (!isIsoDay(date)) {
      throw new VizInputError(
        `${chart}: the date of row ${i} is ${JSON.stringify(date)}; write it as 2015-01-31`,
      );
    }
    if (i > 0 && date <= dates[i - 1]) {
      throw new VizInputError(
        `${chart}: row ${i} (${date}) does not come after row ${i - 1} (${dates[i - 1]}); sort by date, one row a day`,
      );
    }
  }
}

function isIsoDay(text: string): boolean {
  if (!ISO_DATE.test(text)) return false;
  const time = Date.parse(text);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(text);
}
