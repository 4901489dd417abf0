import { epochDay, weekday } from './iso-date.js';
import { calendarStart, closureReasonOfDay } from './nyse-calendar.js';

const MS_PER_HOUR = 3_600_000;
/** Close of an ordinary day, in milliseconds after midnight in New York. */
export const REGULAR_CLOSE: number = 16 * MS_PER_HOUR;
const EARLY_CLOSE = 13 * MS_PER_HOUR;

const [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY] = [1, 2, 3, 4, 5];

/** Year from which the half day before 4 July falls on a Wednesday, and no longer on the Friday after a Thursday. */
const WEDNESDAYS_FROM = 2013;

/** Half days outside the rules, from 1998: the turn of the millennium, and the day after Christmas 2003. */
const specialHalfDays: ReadonlySet<string> = new Set(['1999-12-31', '2003-12-26']);

/**
 * Whether the New York Stock Exchange closed at 13:00 on a day, from 1998: the day after Thanksgiving, Christmas Eve and the day
 * before (until 2012 also the Friday after) Independence Day, where these are trading days. The rules are those of
 * `exchange_calendars` 4.13 (XNYS).
 */
export function isHalfDay(date: string): boolean {
  const day = date < calendarStart ? null : epochDay(date);
  if (day === null || closureReasonOfDay(day) !== null) return false;
  const [year, month, dayOfMonth] = date.split('-').map(Number);
  const weekDay = weekday(day);
  const is = (m: number, d: number, ...weekDays: readonly number[]): boolean =>
    month === m && dayOfMonth === d && weekDays.includes(weekDay);
  return (
    specialHalfDays.has(date) ||
    (month === 11 && weekDay === FRIDAY && closureReasonOfDay(day - 1) !== null) ||
    is(12, 24, MONDAY, TUESDAY, WEDNESDAY, THURSDAY) ||
    is(7, 3, MONDAY, TUESDAY, THURSDAY) ||
    (year >= WEDNESDAYS_FROM ? is(7, 3, WEDNESDAY) : is(7, 5, FRIDAY))
  );
}

/** Milliseconds after midnight in New York at which the exchange closes on a day: those of 13:00 on half days, else of 16:00. */
export const closingTime = (date: string): number => (isHalfDay(date) ? EARLY_CLOSE : REGULAR_CLOSE);
