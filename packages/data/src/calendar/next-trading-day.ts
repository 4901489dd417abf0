import { closureReason, closureReasonOfDay } from './closure-reason.js';
import { epochDay, isoDateOf } from './iso-date.js';

/** The first trading day of the New York Stock Exchange after a day, as far as the rules tell it beforehand. */
export function nextTradingDay(date: string): string {
  closureReason(date);
  let day = epochDay(date)! + 1;
  while (closureReasonOfDay(day) !== null) day++;
  return isoDateOf(day);
}
