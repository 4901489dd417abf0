import { sentimentLabels } from '@fin/data';
import type { SentimentProbabilities } from '../sentiment.js';

/** A headline as an aggregate sees it. */
export interface ScoredHeadline {
  /** Place among the day's headlines, from 1: the most noted first. */
  readonly rank: number;
  readonly sentiment: SentimentProbabilities;
}

/** Sentiment of a day: mean class probabilities of its headlines. All zeros on a day without any. */
export interface DaySentiment extends SentimentProbabilities {
  /** `positive - negative`, from -1 to 1. */
  readonly score: number;
  /** Headlines that went into it. */
  readonly headlines: number;
}

/** A headline and its day. */
export interface DatedHeadline extends ScoredHeadline {
  /** ISO. */
  readonly date: string;
}

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

/**
 * Weight of a headline by its rank: 1 for the first, 0.63 for the second, 0.21 for the 25th. The discount of discounted
 * cumulative gain (Järvelin & Kekäläinen 2002): readers' attention falls with rank, but not to nothing.
 *
 * @param rank from 1
 */
export function rankWeight(rank: number): number {
  return 1 / Math.log2(1 + rank);
}

/** Mean of the headlines' class probabilities, each with its weight. */
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
