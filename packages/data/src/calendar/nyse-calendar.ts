import { DataInputError, quote } from '../errors.js';
import { epochDay, isoDateOf, weekday } from './iso-date.js';
import { nyseHolidays, specialClosures } from './nyse-holidays.js';

/** First day that the calendar's rules cover. */
export const calendarStart = '1998-01-01';

const holidaysByYear = new Map<number, Map<string, string>>();

/** Reason for which the New York Stock Exchange was closed on a day ("weekend", a holiday's name, …); null on a trading day. */
export function closureReason(date: string): string | null {
  const day = epochDay(date);
  if (day === null || date < calendarStart) {
    throw new DataInputError(`${quote(date)} is not a day that the NYSE calendar covers`, {
      fix: `Give a day from ${calendarStart} on, written YYYY-MM-DD.`,
    });
  }
  return closureReasonOfDay(day);
}

/** {@link closureReason} for days since 1970-01-01, without checking the day. */
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

/** Whether a day (YYYY-MM-DD, from 1998) was a trading day of the New York Stock Exchange. */
export function isTradingDay(date: string): boolean {
  return closureReason(date) === null;
}

/** Next trading day of the New York Stock Exchange by its rules. Cannot know special closures after 2025. */
export function nextTradingDay(date: string): string {
  closureReason(date);
  let day = epochDay(date)! + 1;
  while (closureReasonOfDay(day) !== null) day++;
  return isoDateOf(day);
}

/**
 * Trading days of the New York Stock Exchange from `first` to `last`, both included, oldest first.
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
