import type { SentimentLabel } from '@fin/data';
import { sentimentLabels } from '@fin/data';

/** Probability of each class. */
export type SentimentProbabilities = Readonly<Record<SentimentLabel, number>>;

/** Sentiment of one text. */
export interface Sentiment extends SentimentProbabilities {
  /** `positive - negative`, from -1 to 1. */
  readonly score: number;
  /** Class with the highest probability. */
  readonly label: SentimentLabel;
}

/** Makes a {@link Sentiment} from probabilities in the order of {@link sentimentLabels}. */
export function toSentiment([positive, negative, neutral]: ArrayLike<number> & Iterable<number>): Sentiment {
  const probabilities = [positive, negative, neutral];
  const label = sentimentLabels[probabilities.indexOf(Math.max(...probabilities))];
  return { positive, negative, neutral, score: positive - negative, label };
}
