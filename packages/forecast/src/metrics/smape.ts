import { checkSeries } from './check-series.js';

/**
 * Symmetric MAPE as a fraction between 0 and 2: the mean of |a - p| / ((|a| + |p|) / 2), as the M4 competition and darts
 * define it. A day on which both are 0 counts as no error.
 */
export function smape(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('smape', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    const scale = (Math.abs(actual[i]) + Math.abs(predicted[i])) / 2;
    if (scale > 0) sum += Math.abs(actual[i] - predicted[i]) / scale;
  }
  return sum / actual.length;
}
