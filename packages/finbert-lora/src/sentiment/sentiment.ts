/** The classes of a sentiment model, in the order in which they are written everywhere here. */
export const SENTIMENT_LABELS = ['positive', 'negative', 'neutral'] as const;

export type SentimentLabel = (typeof SENTIMENT_LABELS)[number];

/** Probability of each class. */
export type SentimentProbabilities = Readonly<Record<SentimentLabel, number>>;

/** What a model says of one text. */
export interface Sentiment extends SentimentProbabilities {
  /** `positive - negative`, from -1 to 1. */
  readonly score: number;
  /** The likeliest class. */
  readonly label: SentimentLabel;
}

/** @param probabilities in the order of {@link SENTIMENT_LABELS} */
export function toSentiment([positive, negative, neutral]: ArrayLike<number> & Iterable<number>): Sentiment {
  const probabilities = [positive, negative, neutral];
  const label = SENTIMENT_LABELS[probabilities.indexOf(Math.max(...probabilities))];
  return { positive, negative, neutral, score: positive - negative, label };
}
