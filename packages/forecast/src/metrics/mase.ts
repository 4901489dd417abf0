import { ForecastInputError } from '../errors.js';
import { mae } from './mae.js';

/**
 * Mean absolute scaled error (Hyndman and Koehler 2006): the MAE divided by the mean absolute one-step change of the
 * training series. Below 1, the forecasts err less than persistence did in training.
 *
 * @param trainingSeries consecutive training values, oldest first
 */
export function mase(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  trainingSeries: ArrayLike<number>,
): number {
  const error = mae(actual, predicted);
  if (trainingSeries.length < 2) {
    throw new ForecastInputError('mase: the training series needs at least two values to have a change');
  }
  const previous = Array.prototype.slice.call(trainingSeries, 0, -1) as number[];
  const next = Array.prototype.slice.call(trainingSeries, 1) as number[];
  const scale = mae(next, previous);
  if (scale === 0) {
    throw new ForecastInputError(
      'mase: the training series never changes, so there is no scale to divide by; use mae',
    );
  }
  return error / scale;
}
