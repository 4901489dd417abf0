import type { BaselineForecasts } from '../baselines/index.js';
import { baselines as registry } from '../baselines/index.js';
import { predictionIntervals } from '../conformal/summarize-intervals.js';
import { leadLag } from '../lead-lag/index.js';
import type { EvaluateOptions, ForecastPoint } from '../metrics/index.js';
import { evaluateForecast } from '../metrics/index.js';
import type { Prediction } from '../run/predictions.js';
import type { Evaluation } from '../run/run-files.js';
import type { EvaluationRow } from '../run/table-schemas.js';

/** Confidence level of every interval. */
const LEVEL = 0.95;

/** Options of {@link evaluatePredictions}. */
export interface EvaluatePredictionsOptions {
  /** Name of the model's row. */
  readonly model: string;
  /** The model's forecasts of all splits, in time order; at least one test day. */
  readonly predictions: readonly Prediction[];
  /** Forecasts of the same validation and test days. */
  readonly baselines: readonly BaselineForecasts[];
  /**
   * Days of the lead-lag table: `all` where the sentiment does not depend on the training days' returns, `test` where it was trained
   * on them, `none` for a model without text.
   */
  readonly sentimentDays: 'all' | 'test' | 'none';
}

/**
 * Measures a model's test forecasts and those of its baselines, with prediction intervals that are calibrated on the validation days,
 * and relates sentiment to the returns around its day. Reads the training days for the scale of MASE and the lead-lag table only.
 */
export function evaluatePredictions(options: EvaluatePredictionsOptions): Evaluation {
  const { model, predictions, baselines, sentimentDays } = options;
  const part = (name: Prediction['split']) => predictions.filter(({ split }) => split === name);
  const [train, validation, test] = [part('train'), part('validation'), part('test')];
  const common: EvaluateOptions = {
    level: LEVEL,
    trainingCloses:
      train.length === 0
        ? undefined
        : [...train.map(({ lastClose }) => lastClose), train[train.length - 1].actual],
    drift: baselines.find((baseline) => baseline.model === 'drift')?.test,
  };
  const row = (
    name: string,
    calibration: readonly ForecastPoint[],
    points: readonly ForecastPoint[],
    nestsPersistence: boolean,
  ): EvaluationRow => ({
    ...evaluateForecast(name, points, { ...common, nestsPersistence }),
    predictionIntervals: calibration.length === 0 ? null : predictionIntervals(calibration, points, LEVEL),
  });
  return {
    split: 'test',
    n: test.length,
    first: test[0].targetDate,
    last: test[test.length - 1].targetDate,
    level: LEVEL,
    rows: [
      row(model, validation, test, true),
      ...baselines.map((baseline) => {
        const nests = registry.some(
          ({ name, nestsPersistence }) => nestsPersistence && name === baseline.model,
        );
        return row(baseline.model, baseline.validation, baseline.test, nests);
      }),
    ],
    leadLag: sentimentDays === 'none' ? null : leadLagOf(sentimentDays === 'all' ? predictions : test),
  };
}

function leadLagOf(days: readonly Prediction[]): Evaluation['leadLag'] {
  return leadLag(
    {
      dates: days.map(({ decisionDate }) => decisionDate),
      sentiment: days.map(({ sentiment, positive, negative, neutral }) =>
        positive + negative + neutral === 0 ? null : sentiment,
      ),
      closes: days.map(({ lastClose }) => lastClose),
    },
    { level: LEVEL },
  );
}
