import { checkSeries } from './check-series.js';

/**
 * Coefficient of determination. On the price level it is near 1 for any forecast that starts from the last close
 * (persistence reaches 0.93 on the study's test days), so it ranks nothing; read it beside persistence's own.
 *
 * A constant actual series has no variance to explain: 1 when it is forecast exactly, else 0, as scikit-learn has it.
 */
export function r2(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkSeries('r2', actual, predicted);
  let mean = 0;
  for (let i = 0; i < actual.length; i++) mean += actual[i] / actual.length;
  let residual = 0;
  let total = 0;
  for (let i = 0; i < actual.length; i++) {
    residual += (actual[i] - predicted[i]) ** 2;
    total += (actual[i] - mean) ** 2;
  }
  if (total === 0) return residual === 0 ? 1 : 0;
  return 1 - residual / total;
}
