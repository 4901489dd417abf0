import { sentimentLabels } from '@fin/data';
import type { SentimentProbabilities } from '../sentiment.js';

/** Class probabilities and rank of a headline, the input of an aggregate. */
export interface ScoredHeadline {
  /** Rank among the day's headlines, from 1 (the top headline). */
  readonly rank: number;
  readonly sentiment: SentimentProbabilities;
}

/** Sentiment of a day: mean class probabilities of its headlines. All zeros on a day without any. */
export interface DaySentiment extends SentimentProbabilities {
  /** `positive - negative`, from -1 to 1. */
  readonly score: number;
  /** Number of headlines. */
  readonly headlines: number;
}

/** A headline and its day. */
export interface DatedHeadline extends ScoredHeadline {
  /** Day of the headline, ISO. */
  readonly date: string;
}

/** Untrained ways to aggregate a day's headlines into one sentiment. `HeadlineAttention` is the trained one. */
export const DAY_AGGREGATES = ['mean', 'rank'] as const;

/** `mean`: equal weights; `rank`: higher weights for top ranks, see {@link rankWeight}. */
export type DayAggregate = (typeof DAY_AGGREGATES)[number];

/** Aggregates a day's headlines into one sentiment. */
export function aggregateDay(
  headlines: readonly ScoredHeadline[],
  aggregate: DayAggregate = 'mean',
): DaySentiment {
  return weightedMean(headlines, aggregate === 'mean' ? () => 1 : ({ rank }) => rankWeight(rank));
}

/** Computes the sentiment of every day that has headlines, oldest first. */
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

/**
 * Weight of a headline by its rank: 1 for the first, 0.63 for the second, 0.21 for the 25th. The discount of discounted
 * cumulative gain (Järvelin & Kekäläinen 2002): readers' attention falls with rank, but not to nothing.
 *
 * @param rank from 1
 */
export function rankWeight(rank: number): number {
  return 1 / Math.log2(1 + rank);
}

/** Weighted mean of the headlines' class probabilities. */
function weightedMean(
  headlines: readonly ScoredHeadline[],
  weightOf: (headline: ScoredHeadline) => number,
): DaySentiment {
  const weights = headlines.map(weightOf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const [positive, negative, neutral] = sentimentLabels.map((label) =>
    headlines.length === 0
      ? 0
      : headlines.reduce((sum, { sentiment }, i) => sum + weights[i] * sentiment[label], 0) / total,
  );
  return { positive, negative, neutral, score: positive - negative, headlines: headlines.length };
}
