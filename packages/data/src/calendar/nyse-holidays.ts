import { easterSunday } from './easter-sunday.js';
import { dayNumber, isoDateOf, weekday } from './iso-date.js';

const SUNDAY = 0;
const MONDAY = 1;
const THURSDAY = 4;
const SATURDAY = 6;

/**
 * Full-day holidays of the New York Stock Exchange in one year, date -> name, by the exchange's Rule 7.2: a holiday on a
 * Sunday is kept on Monday, one on a Saturday on the Friday before, except New Year's Day, which then is not kept (the
 * Friday ends the year's books). Half days are trading days. Right from 1998 on, when Martin Luther King Day came in.
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
