import { DataInputError } from '../errors.js';
import { epochDay, isoDateOf, weekday } from './iso-date.js';
import { nyseHolidays } from './nyse-holidays.js';
import { specialClosures } from './special-closures.js';

/** The calendar's rules hold from this day on; it judges no day before. */
export const calendarStart = '1998-01-01';

const holidaysByYear = new Map<number, Map<string, string>>();

/** Why the New York Stock Exchange did not open on a day ("weekend", a holiday's name, …), or null when it did. */
export function closureReason(date: string): string | null {
  const day = epochDay(date);
  if (day === null || date < calendarStart) {
    throw new DataInputError(`"${date}" is not a day that the NYSE calendar knows`, {
      fix: `Give a day from ${calendarStart} on, written YYYY-MM-DD.`,
    });
  }
  return closureReasonOfDay(day);
}

/** {@link closureReason} for days since 1970-01-01, unchecked. */
export function closureReasonOfDay(day: number): string | null {
  const weekDay = weekday(day);
  if (weekDay === 0 || weekDay === 6) return 'weekend';
  const date = isoDateOf(day);
  const year = Number(date.slice(0, 4));
  let holidays = holidaysByYear.get(year);
  if (!holidays) {
    holidays = nyseHolidays(year);
    holidaysByYear.set(year, holidays);
  }
  return holidays.get(date) ?? specialClosures.get(date) ?? null;
}
