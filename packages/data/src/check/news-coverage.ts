import type { Market } from '../market.js';
import { headlinesByTradingDay, newsSpan } from '../samples/headlines-by-day.js';
import { strings } from '../table-columns.js';

/** How the trading days within the span of the news are covered by headlines. */
export interface NewsCoverage {
  /** Trading days within the span of the news without any headline: such a day is neutral. */
  readonly daysWithoutHeadlines: readonly string[];
  /** The longest run of such days; null without any. */
  readonly longestRunWithoutHeadlines: {
    readonly days: number;
    readonly first: string;
    readonly last: string;
  } | null;
  /** Share of the trading days within the span of the news that have a headline; null without news. */
  readonly coveredShare: number | null;
}

/** Finds trading days without headlines. Headlines of days without trading count for the next trading day. */
export function newsCoverage(market: Market): NewsCoverage {
  const span = newsSpan(market);
  const dates = strings(market.prices, 'date').filter(
    (date) => span !== null && date >= span.first && date <= span.last,
  );
  const byDay = headlinesByTradingDay(market, strings(market.prices, 'date'));
  const daysWithoutHeadlines = dates.filter((date) => !byDay.has(date));
  let longest: { days: number; first: string; last: string } | null = null;
  let run: string[] = [];
  for (const date of dates) {
    run = byDay.has(date) ? [] : [...run, date];
    if (run.length > (longest?.days ?? 0)) longest = { days: run.length, first: run[0], last: date };
  }
  return {
    daysWithoutHeadlines,
    longestRunWithoutHeadlines: longest,
    coveredShare: dates.length === 0 ? null : 1 - daysWithoutHeadlines.length / dates.length,
  };
}
