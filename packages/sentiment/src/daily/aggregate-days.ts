import type { DayAggregate } from './aggregate-day.js';
import { aggregateDay } from './aggregate-day.js';
import type { DaySentiment, ScoredHeadline } from './day-sentiment.js';

/** A headline and its day. */
export interface DatedHeadline extends ScoredHeadline {
  /** ISO. */
  readonly date: string;
}

/** Sentiment of every day that has headlines, oldest first. */
export function aggregateDays(
  headlines: Iterable<DatedHeadline>,
  aggregate: DayAggregate = 'mean',
): (DaySentiment & { readonly date: string })[] {
  const days = new Map<string, ScoredHeadline[]>();
  for (const headline of headlines) {
    const day = days.get(headline.date);
    if (day) day.push(headline);
    else days.set(headline.date, [headline]);
  }
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, day]) => ({ date, ...aggregateDay(day, aggregate) }));
}
