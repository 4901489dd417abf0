import { closureReason } from './closure-reason.js';

/** Whether the New York Stock Exchange opened on a day (YYYY-MM-DD, from 1998 on). */
export function isTradingDay(date: string): boolean {
  return closureReason(date) === null;
}
