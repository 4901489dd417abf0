import { ForecastInputError } from '../errors.js';
import type { DieboldMarianoLoss } from '../significance/diebold-mariano.js';
import { dieboldMariano } from '../significance/diebold-mariano.js';
import { directionalAccuracy, mae, mape, r2, rmse } from './metrics.js';
import type { DieboldMarianoSummary, ForecastPoint, MetricsRow } from './metrics-row.js';

/** Options of {@link evaluateForecast}. */
export interface EvaluateOptions {
  /** Confidence of the interval around the directional accuracy, @default 0.95 */
  readonly level?: number;
  /** Loss of the Diebold-Mariano test, @default 'squared' */
  readonly loss?: DieboldMarianoLoss;
}

/** Minimum number of forecasts for a Diebold-Mariano test. With fewer, the variance estimate is worthless. */
const MIN_FORECASTS_TO_TEST = 8;

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
  if (points.length === 0) {
    throw new ForecastInputError(`${model}: no forecasts to evaluate; is the split empty?`);
  }
  const actual = points.map((point) => point.actual);
  const predicted = points.map((point) => point.predicted);
  const direction = directionalAccuracy(points, options);
  const notes: string[] = [];
  if (direction.value === null) notes.push('forecasts no change on every day, so it names no direction');
  const percentageError = mape(actual, predicted);
  if (percentageError === null) notes.push('an actual value is 0, so MAPE is undefined');
  const determination = r2(actual, predicted);
  if (determination === null) notes.push('the actual values are constant, so R² is undefined');
  return {
    model,
    n: points.length,
    mae: mae(actual, predicted),
    rmse: rmse(actual, predicted),
    mape: percentageError,
    r2: determination,
    directionalAccuracy: direction.value,
    directionalN: direction.n,
    directionalInterval: direction.interval,
    dieboldMariano:
      model === 'persistence' ? null : againstPersistence(points, options.loss ?? 'squared', notes),
    notes,
  };
}

function againstPersistence(
  points: readonly ForecastPoint[],
  loss: DieboldMarianoLoss,
  notes: string[],
): DieboldMarianoSummary | null {
  if (points.length < MIN_FORECASTS_TO_TEST) {
    notes.push(`${points.length} forecasts are too few for a Diebold-Mariano test`);
    return null;
  }
  const errors = points.map((point) => point.actual - point.predicted);
  const persistenceErrors = points.map((point) => point.actual - point.lastClose);
  const { statistic, pValue, note } = dieboldMariano(errors, persistenceErrors, { loss });
  if (note) notes.push(`Diebold-Mariano test: ${note}`);
  return statistic === null || pValue === null ? null : { statistic, pValue, loss };
}
