import { bootstrapIntervals, optimalBlockLength } from '../significance/block-bootstrap.js';
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
  const [mae, rmse] = differences(
    [
      { a: dailyMean(a, absolute), b: dailyMean(b, absolute), measure: (mean) => mean },
      { a: dailyMean(a, squared), b: dailyMean(b, squared), measure: Math.sqrt },
    ],
    level,
  );
  return { mae, rmse };
}

/** Two daily series, and the measure of each that is computed from its mean. */
interface Pair {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly measure: (mean: number) => number;
}

/** Differences of the measures of pairs of series. All pairs are resampled together, in blocks as long as the longest one needs. */
export function differences(pairs: readonly Pair[], level: number): Difference[] {
  const days = pairs[0].a.length;
  const daily = pairs.map(({ a, b }) => a.map((value, day) => value - b[day]));
  const statistics = pairs.map(
    ({ measure }, k) =>
      (means: readonly number[]) =>
        measure(means[2 * k]) - measure(means[2 * k + 1]),
  );
  const series = pairs.flatMap(({ a, b }) => [a, b]);
  const isConstant = daily.map(hasNoVariance);
  const intervals =
    days < MIN_DAYS_TO_TEST || isConstant.every(Boolean)
      ? []
      : bootstrapIntervals(series, statistics, {
          level,
          blockLength: Math.max(...daily.map(optimalBlockLength)),
        });
  const means = series.map(meanOf);
  return statistics.map((statistic, k) => ({
    value: statistic(means),
    interval: isConstant[k] ? null : (intervals[k] ?? null),
  }));
}
