import { epochDay, isoDateOf } from './iso-date.js';
import { closingTime } from './nyse-half-days.js';
import { exchangeZone, wallTime } from './time-zone.js';

const MS_PER_DAY = 86_400_000;

/** Free quotes arrive up to 20 minutes late, and the close of an index is settled some minutes after the exchange's. */
const SETTLING_MS = 30 * 60_000;

/**
 * Newest day, YYYY-MM-DD, whose prices are final: in New York, today from half an hour after the close on (16:00; 13:00 on half
 * days), else yesterday. It may be a weekend or a holiday.
 *
 * @example
 * lastClosedDay(new Date('2026-11-27T18:31:00Z')); // '2026-11-27', a half day
 */
export function lastClosedDay(now: Date = new Date()): string {
  const wall = wallTime(exchangeZone, now.getTime() - SETTLING_MS);
  const day = Math.floor(wall / MS_PER_DAY);
  const date = isoDateOf(day);
  return wall - day * MS_PER_DAY >= closingTime(date) ? date : isoDateOf(epochDay(date)! - 1);
}
