import type { Seeds } from './daily.js';
import type { EvaluateOptions } from './evaluate-options.js';
import { evaluateSeeds } from './evaluate-seeds.js';
import type { ForecastPoint, MetricsRow } from './metrics-row.js';

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
