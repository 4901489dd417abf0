import { bootstrapInterval, optimalBlockLength } from '../significance/block-bootstrap.js';
import { hasNoVariance, meanOf } from '../significance/series.js';
import type { Seeds } from './daily.js';
import { dailyMean } from './daily.js';
import type { Difference, ErrorDifferences, ForecastPoint } from './metrics-row.js';

/** Minimum number of days for a test or an interval. With fewer, the variance estimate is worthless. */
export const MIN_DAYS_TO_TEST = 8;

/** Differences of the errors of `a` and `b`, which forecast the same days. */
export function errorDifferences(a: Seeds, b: Seeds, level: number): ErrorDifferences {
  const absolute = (point: ForecastPoint) => Math.abs(point.actual - point.predicted);
  const squared = (point: ForecastPoint) => (point.actual - point.predicted) ** 2;
  return {
    mae: difference(dailyMean(a, absolute), dailyMean(b, absolute), (mean) => mean, level),
    rmse: difference(dailyMean(a, squared), dailyMean(b, squared), Math.sqrt, level),
  };
}

/**
 * Difference of a measure of two series and its interval.
 *
 * @param measure the measure, computed from the mean of a daily series
 */
export function difference(
  a: Float64Array,
  b: Float64Array,
  measure: (mean: number) => number,
  level: number,
): Difference {
  const value = measure(meanOf(a)) - measure(meanOf(b));
  const differences = a.map((loss, day) => loss - b[day]);
  if (a.length < MIN_DAYS_TO_TEST || hasNoVariance(differences)) return { value, interval: null };
  const interval = bootstrapInterval([a, b], ([meanA, meanB]) => measure(meanA) - measure(meanB), {
    level,
    blockLength: optimalBlockLength(differences),
  });
  return { value, interval };
}
