import type { DieboldMarianoLoss } from '../significance/diebold-mariano.js';
import type { ForecastPoint } from './metrics-row.js';

/** Options of `evaluateForecast` and `evaluateSeeds`. */
export interface EvaluateOptions {
  /** Confidence of the intervals, @default 0.95 */
  readonly level?: number;
  /** Loss of the Diebold-Mariano test, @default 'squared' */
  readonly loss?: DieboldMarianoLoss;
  /** Closes of the training days, in time order, for MASE. */
  readonly trainingCloses?: ArrayLike<number>;
  /** Forecasts of the baseline `drift` for the same days, for the out-of-sample R². */
  readonly drift?: readonly ForecastPoint[];
  /** Whether the model contains persistence as a special case, so that Clark-West applies. @default false */
  readonly nestsPersistence?: boolean;
}
