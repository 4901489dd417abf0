import { epochDay, isoDateOf, weekday } from './iso-date.js';
import { calendarStart, closureReason, nextTradingDay, tradingDays } from './nyse-calendar.js';

/** Days, and share of days, that may differ from the NYSE's for a series to follow its calendar. */
const MOST_DIFFERENCES = { days: 3, share: 0.02 };

/** Calendar of a price series: the New York Stock Exchange's, or none but the days in the price file. */
export type MarketCalendar = 'NYSE' | 'the days in the price file';

/** Days on which a price series and the calendar of the NYSE differ. Days before the calendar's start are not compared. */
export interface CalendarDifferences {
  /** NYSE trading days between the first and the last price without a price. */
  readonly missingDays: readonly string[];
  /** Priced days on which the NYSE was closed, with the reason. */
  readonly extraDays: readonly { readonly date: string; readonly reason: string }[];
}

/** Compares days with the trading days of the NYSE. @param dates in order */
export function compareWithNyse(dates: readonly string[]): CalendarDifferences {
  const judged = dates.filter((date) => date >= calendarStart);
  const present = new Set(judged);
  const expected = judged.length > 0 ? tradingDays(judged[0], judged[judged.length - 1]) : [];
  return {
    missingDays: expected.filter((date) => !present.has(date)),
    extraDays: judged.flatMap((date) => {
      const reason = closureReason(date);
      return reason === null ? [] : [{ date, reason }];
    }),
  };
}

/** The calendar that a price series follows. @param dates in order */
export function calendarOf(dates: readonly string[]): MarketCalendar {
  const { missingDays, extraDays } = compareWithNyse(dates);
  const differences = missingDays.length + extraDays.length;
  const most = Math.max(MOST_DIFFERENCES.days, MOST_DIFFERENCES.share * dates.length);
  return differences <= most ? 'NYSE' : 'the days in the price file';
}

/**
 * The trading day after the last day of a price series: by the rules of the NYSE where the series follows them; else the next day,
 * weekends left out unless the series has prices of weekends. Cannot know holidays of other exchanges.
 */
export function nextDayOf(dates: readonly string[]): string {
  const last = dates[dates.length - 1];
  if (last >= calendarStart && calendarOf(dates) === 'NYSE') return nextTradingDay(last);
  const weekends = dates.some(isWeekend);
  let next = epochDay(last)! + 1;
  while (!weekends && isWeekend(isoDateOf(next))) next++;
  return isoDateOf(next);
}

function isWeekend(date: string): boolean {
  const day = weekday(epochDay(date)!);
  return day === 0 || day === 6;
}
