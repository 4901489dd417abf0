import { checkSeries } from './check-series.js';

/** Mean absolute error, in the unit of the series. */
export function mae(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('mae', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += Math.abs(actual[i] - predicted[i]);
  return sum / actual.length;
}
