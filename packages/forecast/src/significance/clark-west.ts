import { ForecastInputError } from '../errors.js';
import { normalTail } from './normal-tail.js';
import { hasNoVariance, meanOf } from './series.js';

/** Result of a one-sided test. */
export interface OneSidedResult {
  /** Standard normal under the null hypothesis. Null when there is nothing to test. */
  readonly statistic: number | null;
  /** Probability of a statistic at least this large under the null hypothesis; null with `statistic`. */
  readonly pValue: number | null;
  readonly n: number;
  /** Reason for a null, or null when there is none. */
  readonly note: string | null;
}

/**
 * Clark-West test that a model forecasts no better than a smaller one that is nested in it, such as persistence in a regression on
 * prices. One-sided: a small p-value speaks for the larger model.
 *
 * Where the larger model's further parameters are truly 0, estimating them only adds noise, so its squared error is larger even
 * under the null hypothesis, and a Diebold-Mariano test rejects too rarely. This test takes that noise out: each day has
 * `e1² - (e2² - (f1 - f2)²)`, whose mean is tested with its t statistic against the standard normal distribution.
 *
 * Source: Clark and West (2007), Journal of Econometrics 138. For forecasts one step ahead.
 *
 * @param actual outcomes, in time order
 * @param restricted forecasts of the smaller model
 * @param unrestricted forecasts of the model that contains it
 * @throws ForecastInputError when the series differ in length, have fewer than two values, or hold values that are not finite
 */
export function clarkWest(
  actual: ArrayLike<number>,
  restricted: ArrayLike<number>,
  unrestricted: ArrayLike<number>,
): OneSidedResult {
  return clarkWestOf(clarkWestTerms(actual, restricted, unrestricted));
}

/** The daily terms whose mean {@link clarkWest} tests. */
export function clarkWestTerms(
  actual: ArrayLike<number>,
  restricted: ArrayLike<number>,
  unrestricted: ArrayLike<number>,
): Float64Array {
  const n = actual.length;
  if (restricted.length !== n || unrestricted.length !== n || n < 2) {
    throw new ForecastInputError(
      `clarkWest: ${n} outcomes, ${restricted.length} and ${unrestricted.length} forecasts; pass at least two of each, one per day`,
    );
  }
  return Float64Array.from({ length: n }, (_, i) => {
    const smaller = (actual[i] - restricted[i]) ** 2;
    const larger = (actual[i] - unrestricted[i]) ** 2;
    const term = smaller - (larger - (restricted[i] - unrestricted[i]) ** 2);
    if (Number.isFinite(term)) return term;
    throw new ForecastInputError(
      `clarkWest: day ${i} has outcome ${actual[i]}, forecasts ${restricted[i]} and ${unrestricted[i]}; all must be finite and of ordinary size`,
    );
  });
}

/** Tests the mean of {@link clarkWestTerms}. */
export function clarkWestOf(terms: Float64Array): OneSidedResult {
  const n = terms.length;
  if (hasNoVariance(terms)) {
    const note = 'both forecasts differ by nothing, or by the same every day, so there is nothing to test';
    return { statistic: null, pValue: null, n, note };
  }
  const mean = meanOf(terms);
  const variance = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0) / (n - 1);
  const statistic = mean / Math.sqrt(variance / n);
  return { statistic, pValue: normalTail(statistic), n, note: null };
}
