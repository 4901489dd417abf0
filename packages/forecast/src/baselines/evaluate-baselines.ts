import type { EvaluateOptions } from '../metrics/evaluate-forecast.js';
import { evaluateForecast } from '../metrics/evaluate-forecast.js';
import type { ForecastTarget, MetricsRow } from '../metrics/metrics-row.js';
import { forecastPoint } from '../metrics/metrics-row.js';
import type { TrainingMove } from './baselines.js';
import { drift, majorityClass, persistence } from './baselines.js';

/**
 * The three rows without which no model row is shown, fitted on `train` and measured on `test`: persistence, drift and
 * majority class, in this order. Samples of `@fin/data` fit both parameters as they are.
 *
 * @throws ForecastInputError when either part is empty
 */
export function evaluateBaselines(
  train: readonly TrainingMove[],
  test: readonly ForecastTarget[],
  options: EvaluateOptions = {},
): MetricsRow[] {
  return [persistence(), drift(train), majorityClass(train)].map(({ model, predict }) =>
    evaluateForecast(
      model,
      test.map((target) => forecastPoint(target, predict(target.lastClose))),
      options,
    ),
  );
}
