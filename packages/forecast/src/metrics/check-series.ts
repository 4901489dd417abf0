import { ForecastInputError } from '../errors.js';

/** Throws unless both series have the same length, at least one value, and finite values only. */
export function checkSeries(metric: string, actual: ArrayLike<number>, predicted: ArrayLike<number>): void {
  if (actual.length !== predicted.length) {
    throw new ForecastInputError(
      `${metric}: ${actual.length} actual values and ${predicted.length} predictions; pass one prediction per actual value`,
    );
  }
  if (actual.length === 0) {
    throw new ForecastInputError(`${metric}: no values to measure; pass at least one forecast`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (!Number.isFinite(actual[i])) throw notFinite(metric, 'actual value', i, actual[i]);
    if (!Number.isFinite(predicted[i])) throw notFinite(metric, 'prediction', i, predicted[i]);
  }
}

function notFinite(metric: string, what: string, index: number, value: number): ForecastInputError {
  return new ForecastInputError(
    `${metric}: ${what} ${index} is ${value}; leave out or repair values that are not finite numbers`,
  );
}
