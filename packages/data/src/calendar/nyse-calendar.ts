import { DataInputError, quote } from '../errors.js';
import { epochDay, isoDateOf, weekday } from './iso-date.js';
import { nyseHolidays, specialClosures } from './nyse-holidays.js';

/** The calendar's rules hold from this day on; it judges no day before. */
export const calendarStart = '1998-01-01';

const holidaysByYear = new Map<number, Map<string, string>>();

/** Why the New York Stock Exchange did not open on a day ("weekend", a holiday's name, …), or null when it did. */
export function closureReason(date: string): string | null {
  const day = epochDay(date);
  if (day === null || date < calendarStart) {
    throw new DataInputError(`${quote(date)} is not a day that the NYSE calendar covers`, {
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

/** Whether the New York Stock Exchange opened on a day (YYYY-MM-DD, from 1998 on). */
export function isTradingDay(date: string): boolean {
  return closureReason(date) === null;
}

/** The first trading day of the New York Stock Exchange after a day, as far as the rules tell it beforehand. */
export function nextTradingDay(date: string): string {
  closureReason(date);
  let day = epochDay(date)! + 1;
  while (closureReasonOfDay(day) !== null) day++;
  return isoDateOf(day);
}

/**
 * The New York Stock Exchange's trading days from `first` to `last`, both included, oldest first.
 *
 * @example
 * tradingDays('2012-10-26', '2012-10-31'); // ['2012-10-26', '2012-10-31']: a weekend and Hurricane Sandy between
 */
export function tradingDays(first: string, last: string): string[] {
  closureReason(first);
  closureReason(last);
  const days: string[] = [];
  for (let day = epochDay(first)!; day <= epochDay(last)!; day++) {
    if (closureReasonOfDay(day) === null) days.push(isoDateOf(day));
  }
  return days;
}
