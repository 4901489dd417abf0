import { ForecastInputError } from '../errors.js';
import type { EvaluateOptions } from '../metrics/evaluate-forecast.js';
import { evaluateForecast } from '../metrics/evaluate-forecast.js';
import type { ForecastTarget, MetricsRow } from '../metrics/metrics-row.js';
import { forecastPoint } from '../metrics/metrics-row.js';

/** A forecast without news or price window: the last close plus a constant that is fitted on the training days. */
export interface Baseline {
  readonly model: BaselineName;
  /** Index points added to the last close. */
  readonly change: number;
  /** Forecast of the next close. */
  predict(lastClose: number): number;
}

/** Training data of a baseline: a close and the close that followed. Every `Sample` of `@fin/data` has both. */
export interface TrainingMove {
  readonly lastClose: number;
  readonly targetClose: number;
}

/** Name of a baseline. */
export type BaselineName = 'persistence' | 'drift' | 'majority-class';

/** Forecasts today's close for tomorrow. Published models of daily closes mostly fail to beat it. */
export function persistence(): Baseline {
  return constantChange('persistence', 0);
}

/**
 * Today's close plus the mean daily price change of the training part (the drift method of Hyndman and Athanasopoulos,
 * with the slope fixed in training). On the study's test days it has MAE 125.59.
 *
 * @throws ForecastInputError when the training part is empty or not finite
 */
export function drift(train: readonly TrainingMove[]): Baseline {
  const changes = trainingChanges('drift', train);
  return constantChange('drift', changes.reduce((sum, change) => sum + change, 0) / changes.length);
}

/**
 * Always forecasts the direction that was more frequent in training. The forecast price is today's close plus the median change
 * of the training days, unchanged days left out. The median has the sign of the majority, and no other constant change has a
 * smaller absolute error. A draw between up and down goes up.
 *
 * @throws ForecastInputError when the training part is empty or not finite
 */
export function majorityClass(train: readonly TrainingMove[]): Baseline {
  const moves = trainingChanges('majority-class', train)
    .filter((change) => change !== 0)
    .sort((a, b) => a - b);
  if (moves.length === 0) return constantChange('majority-class', 0);
  const upper = moves[Math.floor(moves.length / 2)];
  const lower = moves[Math.floor((moves.length - 1) / 2)];
  const isDraw = Math.sign(lower) !== Math.sign(upper);
  return constantChange('majority-class', isDraw ? upper : (lower + upper) / 2);
}

/** The baselines shown with every model row, in this order. A new one is one entry here. */
const registry: Readonly<Record<BaselineName, (train: readonly TrainingMove[]) => Baseline>> = {
  persistence,
  drift,
  'majority-class': majorityClass,
};

/** Names of all baselines, in the order of their rows. */
export const BASELINE_NAMES: readonly BaselineName[] = Object.keys(registry) as BaselineName[];

/**
 * Fits every baseline on `train` and measures it on `test`. Samples of `@fin/data` fit both parameters.
 *
 * @returns one row per baseline, in the order of {@link BASELINE_NAMES}
 * @throws ForecastInputError when either part is empty
 */
export function evaluateBaselines(
  train: readonly TrainingMove[],
  test: readonly ForecastTarget[],
  options: EvaluateOptions = {},
): MetricsRow[] {
  return BASELINE_NAMES.map((name) => {
    const { predict } = registry[name](train);
    const points = test.map((target) => forecastPoint(target, predict(target.lastClose)));
    return evaluateForecast(name, points, options);
  });
}

function constantChange(model: BaselineName, change: number): Baseline {
  return { model, change, predict: (lastClose) => lastClose + change };
}

/** Price changes of the training part. */
function trainingChanges(baseline: BaselineName, train: readonly TrainingMove[]): number[] {
  if (train.length === 0) {
    throw new ForecastInputError(
      `${baseline}: no training samples to learn from; is the training split empty?`,
    );
  }
  return train.map(({ lastClose, targetClose }, i) => {
    const change = targetClose - lastClose;
    if (!Number.isFinite(change)) {
      throw new ForecastInputError(
        `${baseline}: training sample ${i} goes from ${lastClose} to ${targetClose}; both must be finite`,
      );
    }
    return change;
  });
}
