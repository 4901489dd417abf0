import { ForecastInputError } from '../errors.js';
import { normalQuantile, studentTTwoSided } from './distributions.js';

/** Result of {@link pearson}. */
export interface PearsonResult {
  /** Correlation between -1 and 1; null when one of the series is constant. */
  readonly r: number | null;
  /** Two-sided p-value of no linear relation (Student's t with n - 2 degrees of freedom); null with `r`. */
  readonly pValue: number | null;
  /** Interval of `r` by Fisher's z; null with `r`, and below 4 pairs. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly n: number;
  /** Reason for a null, or null when there is none. */
  readonly note: string | null;
}

/** Pearson's correlation of two series with its p-value and Fisher interval, as scipy.stats.pearsonr. */
export function pearson(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: { /** Confidence of the interval. @default 0.95 */ readonly level?: number } = {},
): PearsonResult {
  const n = x.length;
  if (n !== y.length || n < 3) {
    throw new ForecastInputError(`pearson: ${n} and ${y.length} values; pass at least three pairs`);
  }
  const dx = deviations(x);
  const dy = deviations(y);
  const norm = Math.sqrt(dot(dx, dx)) * Math.sqrt(dot(dy, dy));
  if (!Number.isFinite(norm)) throw new ForecastInputError('pearson: every value must be a finite number');
  const constant = isConstant(x) ? 'first' : isConstant(y) ? 'second' : null;
  if (norm === 0 || constant !== null) {
    const note =
      constant === null
        ? 'the series vary too little to compute a correlation'
        : `the ${constant} series is constant, so it has no correlation with the other`;
    return { r: null, pValue: null, interval: null, n, note };
  }
  const r = Math.max(-1, Math.min(1, dot(dx, dy) / norm));
  const pValue = Math.abs(r) === 1 ? 0 : studentTTwoSided(r * Math.sqrt((n - 2) / (1 - r * r)), n - 2);
  if (n < 4) return { r, pValue, interval: null, n, note: 'an interval needs at least four pairs' };
  const half = normalQuantile(0.5 + (options.level ?? 0.95) / 2) / Math.sqrt(n - 3);
  const z = Math.atanh(r);
  return { r, pValue, interval: [Math.tanh(z - half), Math.tanh(z + half)], n, note: null };
}

/** Whether all values of a series are equal. Compares values because a computed variance may round to above 0. */
export function isConstant(series: ArrayLike<number>): boolean {
  for (let i = 1; i < series.length; i++) if (series[i] !== series[0]) return false;
  return true;
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
