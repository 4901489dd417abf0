import { optimalBlockLength, REPLICATIONS, stationaryDraws } from '../significance/block-bootstrap.js';
import { hasNoVariance, meanOf, quantile } from '../significance/series.js';
import type { LeadLagRow } from './lead-lag-table.js';

type Statistics = Pick<LeadLagRow, 'r' | 'interval' | 'pValue'>;

const NONE: Statistics = { r: null, interval: null, pValue: null };

/**
 * Correlations of one series with several others of the same days, with block bootstrap intervals and p-values. All are
 * resampled with the same draws.
 */
export function resampleCorrelations(
  series: readonly number[],
  others: readonly (readonly number[])[],
  { level, seed }: { readonly level: number; readonly seed: number },
): Statistics[] {
  const x = standardize(series);
  const varying = others.flatMap((other, index) => {
    const y = standardize(other);
    return y === null ? [] : [{ y, index }];
  });
  const statistics: Statistics[] = others.map(() => NONE);
  if (x === null || varying.length === 0) return statistics;
  const ys = varying.map(({ y }) => y);
  const inOrder = Int32Array.from(x, (_, day) => day);
  const r = correlations(x, ys, inOrder, inOrder);
  const products = ys.map((y) => optimalBlockLength(x.map((value, day) => value * y[day])));
  const together = stationaryDraws(x.length, Math.max(...products), seed, 'lead-lag');
  const ownX = stationaryDraws(x.length, optimalBlockLength(x), seed, 'lead-lag sentiment');

  const resampled = ys.map(() => new Float64Array(REPLICATIONS));
  const larger = new Int32Array(ys.length);
  for (let replication = 0; replication < REPLICATIONS; replication++) {
    const days = together();
    const joint = correlations(x, ys, days, days);
    const unrelated = correlations(x, ys, ownX(), inOrder);
    for (let k = 0; k < ys.length; k++) {
      resampled[k][replication] = joint[k];
      if (Math.abs(unrelated[k]) >= Math.abs(r[k])) larger[k]++;
    }
  }
  for (const [k, { index }] of varying.entries()) {
    const values = resampled[k].sort();
    statistics[index] = {
      r: r[k],
      interval: [quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)],
      pValue: (larger[k] + 1) / (REPLICATIONS + 1),
    };
  }
  return statistics;
}

/** Correlation of x with each y over resampled days; 0 for a resampled series without variance. */
function correlations(
  x: Float64Array,
  ys: readonly Float64Array[],
  xDays: Int32Array,
  yDays: Int32Array,
): Float64Array {
  const n = x.length;
  const drawn = new Float64Array(n);
  let [sx, sxx] = [0, 0];
  for (let i = 0; i < n; i++) {
    const value = x[xDays[i]];
    drawn[i] = value;
    sx += value;
    sxx += value * value;
  }
  return Float64Array.from(ys, (y) => {
    let [sy, syy, sxy] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const value = y[yDays[i]];
      sy += value;
      syy += value * value;
      sxy += value * drawn[i];
    }
    const spread = Math.sqrt((sxx - (sx * sx) / n) * (syy - (sy * sy) / n));
    return spread > 0 ? (sxy - (sx * sy) / n) / spread : 0;
  });
}

/** The series with mean 0 and variance 1; null when it is constant. */
function standardize(series: readonly number[]): Float64Array | null {
  const mean = meanOf(series);
  const centred = Float64Array.from(series, (value) => value - mean);
  if (hasNoVariance(series) || series.every((value) => value === series[0])) return null;
  const scale = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0) / series.length);
  return centred.map((value) => value / scale);
}
