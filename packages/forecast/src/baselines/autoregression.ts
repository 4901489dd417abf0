import { Matrix, solve } from 'ml-matrix';
import type { Baseline } from './baseline.js';
import { logReturns, trainingReturns } from './log-returns.js';

/** Highest order tried: two trading weeks, as many days as a window has by default. */
export const MAX_ORDER = 10;

/** A fitted autoregression r[t] = intercept + Σ coefficients[k] r[t-1-k] + noise. */
export interface Autoregression {
  readonly intercept: number;
  /** Coefficients of lag 1, 2, …; empty for order 0. */
  readonly coefficients: readonly number[];
}

/**
 * Autoregression of daily log returns with an intercept, estimated by ordinary least squares. The order from 0 to 10 has the
 * lowest AIC on the training days; all orders are compared on the same days, then the chosen one is estimated on all. The same as
 * `ar_select_order(maxlag=10, ic="aic")` and `AutoReg` of statsmodels.
 *
 * A return that is not known because samples were left out counts as the mean of the training days.
 */
export const autoregressive: Baseline = {
  name: 'ar',
  needs: 'closes',
  nestsPersistence: true,
  fit(train) {
    const stretches = trainingReturns(train);
    const { intercept, coefficients } = fitAutoregression(stretches, selectOrder(stretches));
    const all = stretches.flatMap((stretch) => [...stretch]);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    return {
      predict({ closes, lastClose }) {
        const known = logReturns(closes.subarray(-coefficients.length - 1)).reverse();
        const forecast = coefficients.reduce(
          (sum, coefficient, lag) => sum + coefficient * (known[lag] ?? mean),
          intercept,
        );
        return lastClose * Math.exp(forecast);
      },
    };
  },
};

/** Order with the lowest AIC; the lower one in a draw. 0 when the series is too short to compare orders. */
export function selectOrder(stretches: readonly Float64Array[]): number {
  let best = { order: 0, aic: Number.POSITIVE_INFINITY };
  for (let order = 0; order <= MAX_ORDER; order++) {
    const { x, y } = laggedRows(stretches, order, MAX_ORDER);
    if (y.length <= MAX_ORDER + 1) return 0;
    const coefficients = leastSquares(x, y);
    const squares = y.reduce((sum, value, i) => {
      const fitted = x[i].reduce((total, regressor, j) => total + regressor * coefficients[j], 0);
      return sum + (value - fitted) ** 2;
    }, 0);
    const aic = y.length * Math.log(squares / y.length) + 2 * order;
    if (aic < best.aic) best = { order, aic };
  }
  return best.order;
}

/** Estimates an autoregression of a given order by ordinary least squares. */
export function fitAutoregression(stretches: readonly Float64Array[], order: number): Autoregression {
  const { x, y } = laggedRows(stretches, order, order);
  const [intercept, ...coefficients] = leastSquares(x, y);
  return { intercept, coefficients };
}

/** Rows [1, r[t-1], …, r[t-order]] and targets r[t], without the first `skip` returns of each stretch. */
function laggedRows(
  stretches: readonly Float64Array[],
  order: number,
  skip: number,
): { x: number[][]; y: number[] } {
  const x: number[][] = [];
  const y: number[] = [];
  for (const stretch of stretches) {
    for (let t = skip; t < stretch.length; t++) {
      x.push([1, ...Array.from({ length: order }, (_, lag) => stretch[t - 1 - lag])]);
      y.push(stretch[t]);
    }
  }
  return { x, y };
}

/** Least squares by singular values, so that a constant series has a solution as well. */
function leastSquares(x: readonly (readonly number[])[], y: readonly number[]): number[] {
  return solve(new Matrix(x as number[][]), Matrix.columnVector([...y]), true).to1DArray();
}
