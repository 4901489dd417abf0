import { dayNumber, isoDateOf, weekday } from './iso-date.js';

const SUNDAY = 0;
const MONDAY = 1;
const THURSDAY = 4;
const SATURDAY = 6;

/**
 * Full-day holidays of the New York Stock Exchange in one year as a map from date to name, by the exchange's Rule 7.2. A
 * holiday on a Sunday moves to Monday, one on a Saturday to Friday. New Year's Day on a Saturday is dropped. Half days are
 * trading days. Correct from 1998, the first year with Martin Luther King Day.
 */
export function nyseHolidays(year: number): Map<string, string> {
  const holidays = new Map<string, string>();
  const keep = (day: number, name: string): void => {
    holidays.set(isoDateOf(day), name);
  };
  const keepObserved = (month: number, date: number, name: string): void => {
    const day = dayNumber(year, month, date);
    const shift = weekday(day) === SUNDAY ? 1 : weekday(day) === SATURDAY ? -1 : 0;
    keep(day + shift, name);
  };
  if (weekday(dayNumber(year, 1, 1)) !== SATURDAY) keepObserved(1, 1, "New Year's Day");
  keep(nthWeekday(year, 1, MONDAY, 3), 'Martin Luther King Day');
  keep(nthWeekday(year, 2, MONDAY, 3), "Washington's Birthday");
  keep(easterSunday(year) - 2, 'Good Friday');
  keep(nthWeekday(year, 6, MONDAY, 1) - 7, 'Memorial Day');
  if (year >= 2022) keepObserved(6, 19, 'Juneteenth');
  keepObserved(7, 4, 'Independence Day');
  keep(nthWeekday(year, 9, MONDAY, 1), 'Labor Day');
  keep(nthWeekday(year, 11, THURSDAY, 4), 'Thanksgiving Day');
  keepObserved(12, 25, 'Christmas Day');
  return holidays;
}

function nthWeekday(year: number, month: number, dayOfWeek: number, n: number): number {
  const first = dayNumber(year, month, 1);
  return first + ((dayOfWeek - weekday(first) + 7) % 7) + 7 * (n - 1);
}

/** Easter Sunday as days since 1970-01-01: the anonymous Gregorian computus (Nature, 1876; Meeus, *Astronomical Algorithms*, ch. 8). */
export function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  const day = (h + l - 7 * m + 33 * month + 19) % 32;
  return dayNumber(year, month, day);
}

/** Full-day closures of the New York Stock Exchange outside its holiday rules, 1998 to 2025. */
export const specialClosures: ReadonlyMap<string, string> = new Map([
  ['2001-09-11', 'attacks of September 11'],
  ['2001-09-12', 'attacks of September 11'],
  ['2001-09-13', 'attacks of September 11'],
  ['2001-09-14', 'attacks of September 11'],
  ['2004-06-11', 'mourning for Ronald Reagan'],
  ['2007-01-02', 'mourning for Gerald Ford'],
  ['2012-10-29', 'Hurricane Sandy'],
  ['2012-10-30', 'Hurricane Sandy'],
  ['2018-12-05', 'mourning for George H. W. Bush'],
  ['2025-01-09', 'mourning for Jimmy Carter'],
]);
