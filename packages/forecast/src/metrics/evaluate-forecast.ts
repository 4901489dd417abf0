import type { DieboldMarianoLoss } from '../significance/diebold-mariano.js';
import type { Seeds } from './daily.js';
import { evaluateSeeds } from './evaluate-seeds.js';
import type { ForecastPoint, MetricsRow } from './metrics-row.js';

/** Options of {@link evaluateForecast}. */
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

/**
 * Measures one model's one-day-ahead forecasts, in index points and direction, and tests them against persistence on the
 * same days.
 *
 * @throws ForecastInputError when there is no forecast or one of the numbers is not finite
 * @example
 * const row = evaluateForecast('lstm', points);
 * console.log(row.mae, row.dieboldMariano?.pValue);
 */
export function evaluateForecast(
  model: string,
  points: readonly ForecastPoint[],
  options: EvaluateOptions = {},
): MetricsRow {
  const seeds: Seeds = [points];
  const { seeds: _, deviations: __, ...row } = evaluateSeeds(model, seeds, options);
  return row;
}
