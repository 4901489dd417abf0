import type { Baseline } from './baseline.js';
import { logReturns, trainingReturns } from './log-returns.js';
import { minimize2d } from './minimize-2d.js';

/** A fitted ARMA(1,1) without a mean: r[t] = ar r[t-1] + e[t] + ma e[t-1]. */
export interface Arma11 {
  readonly ar: number;
  readonly ma: number;
  /** Log likelihood of the training returns. */
  readonly logLikelihood: number;
}

/**
 * ARIMA(1,1,1) of the log close without drift: an ARMA(1,1) of daily log returns, estimated by exact maximum likelihood on the
 * training days. The same as `ARIMA(order=(1, 1, 1))` of statsmodels. Each gap between samples starts a new stretch of the series.
 */
export const arima: Baseline = {
  name: 'arima-1-1-1',
  needs: 'closes',
  nestsPersistence: true,
  fit(train) {
    const model = fitArma11(trainingReturns(train));
    return {
      predict: ({ closes, lastClose }) =>
        lastClose * Math.exp(innovations(logReturns(closes), model.ar, model.ma).forecast),
    };
  },
};

/** Starting values of each coefficient are tanh of multiples of this, up to tanh(3.2) = 0.997. */
const GRID = 0.4;
const GRID_STEPS = 8;

/**
 * Exact maximum likelihood of an ARMA(1,1), stationary and invertible. The likelihood of nearly uncorrelated returns has a ridge
 * where both coefficients cancel, and several maxima. So the best of a grid of starting values in each quadrant is refined by the
 * simplex method.
 */
export function fitArma11(stretches: readonly Float64Array[]): Arma11 {
  const loss = (a: number, b: number) => -arma11LogLikelihood(stretches, Math.tanh(a), Math.tanh(b));
  const steps = Array.from({ length: GRID_STEPS }, (_, i) => GRID * (i + 1));
  const refined = [1, -1].flatMap((arSign) =>
    [1, -1].map((maSign) => {
      const starts = steps.flatMap((a) => steps.map((b) => [arSign * a, maSign * b] as const));
      const values = starts.map(([a, b]) => loss(a, b));
      return minimize2d(loss, starts[values.indexOf(Math.min(...values))]);
    }),
  );
  const { x, y, value } = refined.reduce((best, other) => (other.value < best.value ? other : best));
  return { ar: Math.tanh(x), ma: Math.tanh(y), logLikelihood: -value };
}

/** Gaussian log likelihood with the best variance for these coefficients; -Infinity outside the region. */
export function arma11LogLikelihood(stretches: readonly Float64Array[], ar: number, ma: number): number {
  let n = 0;
  let squares = 0;
  let logVariances = 0;
  for (const stretch of stretches) {
    const part = innovations(stretch, ar, ma);
    n += stretch.length;
    squares += part.squares;
    logVariances += part.logVariances;
  }
  const value = -0.5 * (n * Math.log((2 * Math.PI * squares) / n) + logVariances + n);
  return Number.isNaN(value) || Math.abs(ar) >= 1 || Math.abs(ma) >= 1 ? Number.NEGATIVE_INFINITY : value;
}

/**
 * One-step forecasts of an ARMA(1,1) by the innovations algorithm (Brockwell and Davis, Time Series: Theory and Methods, 1991,
 * section 5.3), which gives the exact likelihood.
 *
 * @returns the forecast after the last value, the sum of squared scaled forecast errors, and the sum of the logarithms of their
 *   variances (both in units of the noise variance)
 */
export function innovations(
  series: Float64Array,
  ar: number,
  ma: number,
): { forecast: number; squares: number; logVariances: number } {
  let variance = (1 + 2 * ar * ma + ma * ma) / (1 - ar * ar);
  let forecast = 0;
  let squares = 0;
  let logVariances = 0;
  for (const value of series) {
    const error = value - forecast;
    squares += (error * error) / variance;
    logVariances += Math.log(variance);
    forecast = ar * value + (ma / variance) * error;
    variance = 1 + ma * ma - (ma * ma) / variance;
  }
  return { forecast, squares, logVariances };
}
