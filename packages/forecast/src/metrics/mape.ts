import { ForecastInputError } from '../errors.js';
import { checkSeries } from './check-series.js';

/**
 * Mean absolute percentage error as a fraction: 0.00728 is 0.728 %. "Accuracy" in the sense of 1 - MAPE says nothing
 * about a daily index close: yesterday's close already reaches 99.3 %.
 */
export function mape(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('mape', actual, predicted);
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] === 0) {
      throw new ForecastInputError(
        `mape: actual value ${i} is 0, so its percentage error is undefined; use mae`,
      );
    }
    sum += Math.abs((actual[i] - predicted[i]) / actual[i]);
  }
  return sum / actual.length;
}
