import { closureReason, closureReasonOfDay } from './closure-reason.js';
import { epochDay, isoDateOf } from './iso-date.js';

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
