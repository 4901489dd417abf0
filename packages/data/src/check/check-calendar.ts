import { calendarStart, closureReason } from '../calendar/closure-reason.js';
import { tradingDays } from '../calendar/trading-days.js';
import type { MarketCheck } from './market-check.js';

/** Compares the days of a price table with the exchange's. */
export function checkCalendar(
  dates: readonly string[],
): Pick<MarketCheck, 'missingDays' | 'extraDays' | 'daysBeforeCalendar'> {
  const judged = dates.filter((date) => date >= calendarStart);
  const present = new Set(judged);
  const expected = judged.length > 0 ? tradingDays(judged[0], judged[judged.length - 1]) : [];
  return {
    missingDays: expected.filter((date) => !present.has(date)),
    extraDays: judged.flatMap((date) => {
      const reason = closureReason(date);
      return reason === null ? [] : [{ date, reason }];
    }),
    daysBeforeCalendar: dates.length - judged.length,
  };
}
