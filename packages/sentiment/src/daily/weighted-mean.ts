import { sentimentLabels } from '@fin/data';
import type { DaySentiment, ScoredHeadline } from './day-sentiment.js';

/** Mean of the headlines' class probabilities, each with its weight. */
export function weightedMean(
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
