import type { BaselineForecasts } from '../baselines/index.js';
import { baselines as registry } from '../baselines/index.js';
import type { EvaluateOptions } from '../metrics/index.js';
import { evaluateForecast } from '../metrics/index.js';
import type { Prediction } from '../run/predictions.js';
import type { Evaluation } from '../run/run-files.js';

/** Confidence level of every interval. */
const LEVEL = 0.95;

/**
 * Measures a model's test forecasts and those of its baselines. Reads the training days for the scale of MASE only.
 *
 * @param model name of the model's row
 * @param predictions the model's forecasts of all splits, in time order; at least one test day
 * @param baselines forecasts of the same test days; persistence, drift and majority class among them
 */
export function evaluatePredictions(
  model: string,
  predictions: readonly Prediction[],
  baselines: readonly BaselineForecasts[],
): Evaluation {
  const test = predictions.filter(({ split }) => split === 'test');
  const train = predictions.filter(({ split }) => split === 'train');
  const options: EvaluateOptions = {
    level: LEVEL,
    trainingCloses:
      train.length === 0
        ? undefined
        : [...train.map(({ lastClose }) => lastClose), train[train.length - 1].actual],
    drift: baselines.find((baseline) => baseline.model === 'drift')?.test,
  };
  return {
    split: 'test',
    n: test.length,
    first: test[0].targetDate,
    last: test[test.length - 1].targetDate,
    level: LEVEL,
    rows: [
      evaluateForecast(model, test, { ...options, nestsPersistence: true }),
      ...baselines.map((baseline) => {
        const nestsPersistence = registry.some(
          ({ name, nestsPersistence: nests }) => nests && name === baseline.model,
        );
        return evaluateForecast(baseline.model, baseline.test, { ...options, nestsPersistence });
      }),
    ],
  };
}
