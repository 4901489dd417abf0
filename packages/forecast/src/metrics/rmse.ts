import { checkSeries } from './check-series.js';

/** Root mean squared error, in the unit of the series. */
export function rmse(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('rmse', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += (actual[i] - predicted[i]) ** 2;
  return Math.sqrt(sum / actual.length);
}
