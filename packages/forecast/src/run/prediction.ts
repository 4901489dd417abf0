import type { SplitName } from '@fin/data';

/** One line of `predictions.csv`: what the model said on one decision day, and what came of it. */
export interface Prediction {
  readonly split: SplitName;
  /** Day after whose close the forecast was made, ISO. */
  readonly decisionDate: string;
  /** Day whose close was forecast, ISO. */
  readonly targetDate: string;
  /** Close of the decision day, index points. */
  readonly lastClose: number;
  /** Close of the target day, index points. */
  readonly actual: number;
  /** Forecast of `actual`, index points. */
  readonly predicted: number;
  /** Forecast of ln(actual / lastClose). */
  readonly predictedLogReturn: number;
  /** `positive` − `negative`. */
  readonly sentiment: number;
  /** Mean class probabilities of the decision day's headlines; zeros on a day without any. */
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
}
