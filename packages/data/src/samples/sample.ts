/** What is known after the close of a decision day. */
export interface DecisionInput {
  /** The trading day after whose close the decision falls. */
  readonly decisionDate: string;
  /** `[window, features]`, row-major, unscaled, oldest day first; the last row is the decision day's. */
  readonly window: Float64Array;
  /** The days of the window's rows. */
  readonly windowDates: readonly string[];
  /** Headlines dated after the trading day before and up to the decision day, by date and rank. May be empty. */
  readonly headlines: readonly Headline[];
  /** Close of the decision day: persistence's forecast. */
  readonly lastClose: number;
}

export interface Headline {
  readonly text: string;
  /** 1 is the day's top. */
  readonly rank: number;
  readonly date: string;
}

/** A decision day's input and what came of it. */
export interface Sample extends DecisionInput {
  /** The next trading day with a price. */
  readonly targetDate: string;
  readonly targetClose: number;
  /** ln(targetClose / lastClose) */
  readonly targetLogReturn: number;
}

/** What splitting by time needs to know of a sample. */
export type Timed = Pick<Sample, 'decisionDate' | 'targetDate'>;
