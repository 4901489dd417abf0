import type { DaySentiment, ScoredHeadline } from './day-sentiment.js';
import { rankWeight } from './rank-weight.js';
import { weightedMean } from './weighted-mean.js';

/** Ways of making one sentiment of a day's headlines that need no training. For the learned one see `HeadlineAttention`. */
export const DAY_AGGREGATES = ['mean', 'rank'] as const;

/** `mean`: all headlines alike; `rank`: the first ones more, see {@link rankWeight}. */
export type DayAggregate = (typeof DAY_AGGREGATES)[number];

/** One sentiment of all headlines of a day. */
export function aggregateDay(
  headlines: readonly ScoredHeadline[],
  aggregate: DayAggregate = 'mean',
): DaySentiment {
  return weightedMean(headlines, aggregate === 'mean' ? () => 1 : ({ rank }) => rankWeight(rank));
}
