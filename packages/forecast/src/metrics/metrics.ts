import { ForecastInputError } from '../errors.js';
import { isConstant } from '../significance/pearson.js';
import { wilsonInterval } from '../significance/wilson-interval.js';
import type { ForecastPoint } from './metrics-row.js';

/** Mean absolute error, in the unit of the series. */
export function mae(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('mae', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += Math.abs(actual[i] - predicted[i]);
  return finite('mae', sum / actual.length);
}

/** Root mean squared error, in the unit of the series. */
export function rmse(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('rmse', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += (actual[i] - predicted[i]) ** 2;
  return finite('rmse', Math.sqrt(sum / actual.length));
}

/**
 * Mean absolute percentage error as a fraction: 0.00728 is 0.728 %. "Accuracy" in the sense of 1 - MAPE says nothing
 * about a daily index close: yesterday's close already reaches 99.3 %.
 *
 * @returns null when an actual value is 0, because its percentage error is undefined
 */
export function mape(actual: ArrayLike<number>, predicted: ArrayLike<number>): number | null {
  checkSeries('mape', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] === 0) return null;
    sum += Math.abs((actual[i] - predicted[i]) / actual[i]);
  }
  return finite('mape', sum / actual.length);
}

/**
 * Symmetric MAPE as a fraction between 0 and 2: the mean of |a - p| / ((|a| + |p|) / 2), as defined by the M4 competition
 * and darts. A day on which both are 0 counts as no error.
 */
export function smape(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('smape', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    const scale = (Math.abs(actual[i]) + Math.abs(predicted[i])) / 2;
    if (scale > 0) sum += Math.abs(actual[i] - predicted[i]) / scale;
  }
  return finite('smape', sum / actual.length);
}

/**
 * Mean absolute scaled error (Hyndman and Koehler 2006): the MAE divided by the mean absolute one-step change of the
 * training series. Below 1, the forecasts err less than persistence did in training.
 *
 * @param trainingSeries consecutive training values, oldest first; at least two
 * @returns null when the training series never changes, because there is no scale to divide by
 */
export function mase(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  trainingSeries: ArrayLike<number>,
): number | null {
  const error = mae(actual, predicted);
  if (trainingSeries.length < 2) {
    throw new ForecastInputError('mase: the training series needs at least two values to have a change');
  }
  const previous = Array.prototype.slice.call(trainingSeries, 0, -1) as number[];
  const next = Array.prototype.slice.call(trainingSeries, 1) as number[];
  const scale = mae(next, previous);
  return scale === 0 ? null : finite('mase', error / scale);
}

/**
 * Coefficient of determination. On the price level it is near 1 for any forecast that starts from the last close
 * (persistence reaches 0.93 on the study's test days), so it ranks nothing. Compare it with persistence only.
 *
 * @returns null when the actual series is constant (one day, say), because it has no variance to explain
 */
export function r2(actual: ArrayLike<number>, predicted: ArrayLike<number>): number | null {
  checkSeries('r2', actual, predicted);
  if (isConstant(actual)) return null;
  let mean = 0;
  for (let i = 0; i < actual.length; i++) mean += actual[i] / actual.length;
  let residual = 0;
  let total = 0;
  for (let i = 0; i < actual.length; i++) {
    residual += (actual[i] - predicted[i]) ** 2;
    total += (actual[i] - mean) ** 2;
  }
  return total === 0 ? null : finite('r2', 1 - residual / total);
}

/**
 * Out-of-sample R² (Campbell and Thompson 2008, Review of Financial Studies 21): 1 minus the squared error of the forecasts divided by
 * that of a benchmark that knows the mean change of the past only, such as the baseline drift. Above 0, the forecasts are better.
 *
 * @param benchmark forecasts of the benchmark for the same days
 * @returns null when the benchmark is never wrong, because there is no error to divide by
 */
export function outOfSampleR2(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  benchmark: ArrayLike<number>,
): number | null {
  const error = rmse(actual, predicted);
  const benchmarkError = rmse(actual, benchmark);
  return benchmarkError === 0 ? null : finite('outOfSampleR2', 1 - (error / benchmarkError) ** 2);
}

/** Share of days on which the forecast named the right direction. */
export interface DirectionalAccuracy {
  /** Hits divided by `n`; null when no forecast names a direction. */
  readonly value: number | null;
  /** Days on which the forecast named the right direction. */
  readonly hits: number;
  /** Days on which the forecast named a direction. */
  readonly n: number;
  /** Wilson interval of `value`; null when `value` is null. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * Compares the sign of the forecast change with the sign of the actual change, both from the last close.
 *
 * Ties. A day that closes unchanged counts as up: the published rule of the Kaggle labels ("rose or stayed the same"). A
 * forecast of exactly no change names no direction and does not count in `n`. Persistence forecasts no change every day,
 * so its value is null.
 */
export function directionalAccuracy(
  points: readonly Pick<ForecastPoint, 'lastClose' | 'actual' | 'predicted'>[],
  options: { /** Confidence of the interval. @default 0.95 */ readonly level?: number } = {},
): DirectionalAccuracy {
  let hits = 0;
  let n = 0;
  for (const [i, { lastClose, actual, predicted }] of points.entries()) {
    if (![lastClose, actual, predicted].every(Number.isFinite)) {
      throw new ForecastInputError(
        `directionalAccuracy: forecast ${i} has lastClose ${lastClose}, actual ${actual}, predicted ${predicted}; all three must be finite`,
      );
    }
    if (predicted === lastClose) continue;
    n++;
    if (predicted > lastClose === actual >= lastClose) hits++;
  }
  return { value: n === 0 ? null : hits / n, hits, n, interval: wilsonInterval(hits, n, options.level) };
}

/** Throws unless both series have the same length, at least one value, and finite values only. */
function checkSeries(metric: string, actual: ArrayLike<number>, predicted: ArrayLike<number>): void {
  if (actual.length !== predicted.length) {
    throw new ForecastInputError(
      `${metric}: ${actual.length} actual values and ${predicted.length} predictions; pass one prediction per actual value`,
    );
  }
  if (actual.length === 0) {
    throw new ForecastInputError(`${metric}: no values to measure; pass at least one forecast`);
  }
  const check = (name: string, i: number, value: number): void => {
    if (Number.isFinite(value)) return;
    throw new ForecastInputError(
      `${metric}: ${name} ${i} is ${value}; leave out or repair values that are not finite numbers`,
    );
  };
  for (let i = 0; i < actual.length; i++) {
    check('actual value', i, actual[i]);
    check('prediction', i, predicted[i]);
  }
}

/** Throws when a sum of finite values overflowed. */
function finite(metric: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ForecastInputError(
    `${metric}: the values are too large to measure; check them for typing errors`,
  );
}
