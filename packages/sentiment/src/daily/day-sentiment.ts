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
