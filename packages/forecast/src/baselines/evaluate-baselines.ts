import type { EvaluateOptions } from '../metrics/evaluate-forecast.js';
import { evaluateForecast } from '../metrics/evaluate-forecast.js';
import type { ForecastTarget } from '../metrics/forecast-point.js';
import { forecastPoint } from '../metrics/forecast-point.js';
import type { MetricsRow } from '../metrics/metrics-row.js';
import type { TrainingMove } from './baseline.js';
import { drift } from './drift.js';
import { majorityClass } from './majority-class.js';
import { persistence } from './persistence.js';

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
