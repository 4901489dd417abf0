import type { Sample } from '@fin/data';

/** Names of all baselines, in the order of their rows. */
export const BASELINE_NAMES = [
  'persistence',
  'drift',
  'majority-class',
  'moving-average',
  'ar',
  'arima-1-1-1',
  'ridge',
  'ridge-sentiment',
] as const;

/** Name of a baseline. */
export type BaselineName = (typeof BASELINE_NAMES)[number];

/** What a baseline reads: closes, the window of price features, or the window and the day's sentiment. */
export type BaselineInput = 'closes' | 'window' | 'sentiment';

/** A decision day as a baseline sees it, with its outcome. Samples of `@fin/data` are of this kind. */
export interface BaselineSample
  extends Pick<Sample, 'decisionDate' | 'targetDate' | 'lastClose' | 'targetClose'> {
  /** Unscaled price features, `[window, features]`, row-major. Baselines that read it are left out without it. */
  readonly window?: Float64Array;
}

/** A decision day with everything known after its close. Only `fit` may read `targetClose`. */
export interface BaselineDay extends BaselineSample {
  /**
   * Closes of the consecutive trading days up to the decision day, oldest first; the last one is `lastClose`. They begin where
   * the samples begin, or after the last gap between samples.
   */
  readonly closes: Float64Array;
  /** [positive, negative, neutral] of the day's headlines. Null on a day without headlines, and where there are no scores. */
  readonly sentiment: DaySentiment | null;
}

/** Mean class probabilities of a day's headlines: [positive, negative, neutral]. */
export type DaySentiment = readonly [positive: number, negative: number, neutral: number];

/** A baseline after fitting. */
export interface FittedBaseline {
  /** Forecasts the next close of a decision day, index points. */
  predict(day: BaselineDay): number;
}

/** A simple forecast that every model is compared with. */
export interface Baseline {
  readonly name: BaselineName;
  readonly needs: BaselineInput;
  /** Whether it is persistence when its coefficients are 0, so that the Clark-West test applies. */
  readonly nestsPersistence: boolean;
  /**
   * @param train the training days, in time order; at least one
   * @returns what it learned from them and from nothing else
   */
  fit(train: readonly BaselineDay[]): FittedBaseline;
}
