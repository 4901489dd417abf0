import { randomStreams } from '@fin/runtime';
import { ForecastInputError } from '../errors.js';
import { autocovariance, hasNoVariance, meanOf, quantile } from './series.js';

/** Resampled series per interval or test. */
export const REPLICATIONS = 2000;

/** Consecutive autocorrelations that must be small before the rule takes all later ones for 0. */
const MIN_SMALL = 5;

/**
 * Mean block length of the stationary bootstrap that estimates the variance of a series' mean best: the rule of Politis and White
 * (2004), Econometric Reviews 23, as corrected by Patton, Politis and White (2009), Econometric Reviews 28. Equals
 * `optimal_block_length` of Python's arch.
 *
 * @returns days, at least 1; 1 for a constant series
 */
export function optimalBlockLength(series: ArrayLike<number>): number {
  const n = series.length;
  if (n < 2 * MIN_SMALL || hasNoVariance(series)) return 1;
  const mean = meanOf(series);
  const small = Math.max(MIN_SMALL, Math.floor(Math.log10(n)));
  const lastLag = Math.min(n - 1, Math.ceil(Math.sqrt(n)) + small);
  const covariances = Array.from({ length: lastLag + 1 }, (_, lag) => autocovariance(series, mean, lag));
  const band = 2 * Math.sqrt(Math.log10(n) / n) * covariances[0];
  const isSmall = (lag: number) => Math.abs(covariances[lag]) < band;
  let first = 1;
  while (first + small - 1 < lastLag && !Array.from({ length: small }, (_, k) => first + k).every(isSmall))
    first++;
  const bandwidth = first + small - 1 < lastLag ? Math.min(2 * first, lastLag) : lastLag;

  let slope = 0;
  let longRun = covariances[0];
  for (let lag = 1; lag <= bandwidth; lag++) {
    const weight = Math.min(1, 2 * (1 - lag / bandwidth));
    slope += 2 * weight * lag * covariances[lag];
    longRun += 2 * weight * covariances[lag];
  }
  const length = Math.cbrt((slope / longRun) ** 2 * n);
  const longest = Math.ceil(Math.min(3 * Math.sqrt(n), n / 3));
  return Math.max(1, Math.min(length, longest));
}

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions {
  /** Confidence, @default 0.95 */
  readonly level?: number;
  /** Mean length of a block, in days. @default the {@link optimalBlockLength} of the first series */
  readonly blockLength?: number;
  /** Seed of the draws. @default 0 */
  readonly seed?: number;
  /** Resampled series. @default 2000 */
  readonly replications?: number;
}

/**
 * Interval of a statistic of one or several daily series by the stationary bootstrap (Politis and Romano 1994): the quantiles of the
 * statistic over series that are put together from blocks of consecutive days. All series are resampled together. The same seed
 * gives the same interval.
 *
 * @param series of equal length, in time order
 * @param statistic computed from the means of the resampled series
 * @example
 * const [low, high] = bootstrapInterval([losses], ([mean]) => mean);
 */
export function bootstrapInterval(
  series: readonly ArrayLike<number>[],
  statistic: (means: readonly number[]) => number,
  options: BootstrapOptions = {},
): readonly [low: number, high: number] {
  return bootstrapIntervals(series, [statistic], options)[0];
}

/** {@link bootstrapInterval} of several statistics, over the same resampled series. */
export function bootstrapIntervals(
  series: readonly ArrayLike<number>[],
  statistics: readonly ((means: readonly number[]) => number)[],
  options: BootstrapOptions = {},
): (readonly [low: number, high: number])[] {
  const { level = 0.95, seed = 0, replications = REPLICATIONS } = options;
  if (!(level > 0 && level < 1)) {
    throw new ForecastInputError(
      `bootstrapInterval: level ${level}; it must lie between 0 and 1, such as 0.95`,
    );
  }
  const n = series[0].length;
  const draw = stationaryDraws(n, options.blockLength ?? optimalBlockLength(series[0]), seed);
  const values = statistics.map(() => new Float64Array(replications));
  for (let replication = 0; replication < replications; replication++) {
    const days = draw();
    const means = series.map((values) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += values[days[i]];
      return sum / n;
    });
    for (const [k, statistic] of statistics.entries()) values[k][replication] = statistic(means);
  }
  return values.map((sorted) => {
    sorted.sort();
    return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
  });
}

/** Draws the day numbers of resampled series, one series per call: a new block starts with probability 1 / blockLength. */
export function stationaryDraws(
  n: number,
  blockLength: number,
  seed: number,
  name = 'bootstrap',
): () => Int32Array {
  const stream = randomStreams(seed).stream(name);
  const days = new Int32Array(n);
  return () => {
    const uniforms = stream.floats(n + 1);
    let day = Math.floor(uniforms[n] * n);
    for (let i = 0; i < n; i++) {
      const scaled = uniforms[i] * blockLength;
      day = scaled < 1 ? Math.floor(scaled * n) : (day + 1) % n;
      days[i] = day;
    }
    return days;
  };
}
