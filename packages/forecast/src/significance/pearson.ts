import { ForecastInputError } from '../errors.js';
import { normalQuantile } from './normal-quantile.js';
import { studentTTwoSided } from './student-t-cdf.js';

export interface PearsonResult {
  /** Correlation between -1 and 1, or null when one of the series never changes. */
  readonly r: number | null;
  /** Two-sided p-value of no linear relation (Student's t with n - 2 degrees of freedom), or null with `r`. */
  readonly pValue: number | null;
  /** Interval of `r` by Fisher's z, or null with `r` and below 4 pairs. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly n: number;
}

/** Pearson's correlation of two series with its p-value and Fisher interval, as scipy.stats.pearsonr. */
export function pearson(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: { /** Confidence of the interval, @default 0.95 */ readonly level?: number } = {},
): PearsonResult {
  const n = x.length;
  if (n !== y.length || n < 3) {
    throw new ForecastInputError(`pearson: ${n} and ${y.length} values; pass at least three pairs`);
  }
  const dx = deviations(x);
  const dy = deviations(y);
  const norm = Math.sqrt(dot(dx, dx)) * Math.sqrt(dot(dy, dy));
  if (!Number.isFinite(norm)) throw new ForecastInputError('pearson: every value must be a finite number');
  if (norm === 0) return { r: null, pValue: null, interval: null, n };
  const r = Math.max(-1, Math.min(1, dot(dx, dy) / norm));
  const pValue = Math.abs(r) === 1 ? 0 : studentTTwoSided(r * Math.sqrt((n - 2) / (1 - r * r)), n - 2);
  if (n < 4) return { r, pValue, interval: null, n };
  const half = normalQuantile(0.5 + (options.level ?? 0.95) / 2) / Math.sqrt(n - 3);
  return { r, pValue, interval: [Math.tanh(Math.atanh(r) - half), Math.tanh(Math.atanh(r) + half)], n };
}

function deviations(values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  const mean = copy.reduce((sum, value) => sum + value, 0) / copy.length;
  return copy.map((value) => value - mean);
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
