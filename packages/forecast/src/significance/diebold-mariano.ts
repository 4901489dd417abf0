import { ForecastInputError } from '../errors.js';
import { studentTCdf, studentTTwoSided } from './distributions.js';
import { autocovariance, meanOf, ROUNDING } from './series.js';

/** Loss of a forecast error: its square or its absolute value. */
export type DieboldMarianoLoss = 'squared' | 'absolute';

/** Alternative hypothesis: any difference, or that A loses less (`'less'`) or more (`'greater'`) than B. */
export type DieboldMarianoAlternative = 'two-sided' | 'less' | 'greater';

export interface DieboldMarianoOptions {
  /** Steps ahead of each forecast. Loss differences may be correlated up to lag horizon - 1. @default 1 */
  readonly horizon?: number;
  /** Loss whose mean is compared. @default 'squared' */
  readonly loss?: DieboldMarianoLoss;
  /** Alternative hypothesis. @default 'two-sided' */
  readonly alternative?: DieboldMarianoAlternative;
}

export interface DieboldMarianoResult {
  /** Corrected statistic: below 0 when A loses less than B. Null when there is nothing to test. */
  readonly statistic: number | null;
  /** Null when there is nothing to test. */
  readonly pValue: number | null;
  /** Number of forecasts compared. The t distribution has n - 1 degrees of freedom. */
  readonly n: number;
  /** Reason for a null, or for testing at horizon 1; null for an ordinary result. */
  readonly note: string | null;
}

/**
 * Diebold-Mariano test that two forecasts of the same days are equally good, with the small-sample correction of Harvey,
 * Leybourne and Newbold and Student's t with n - 1 degrees of freedom, as `dm.test` of R's forecast package.
 *
 * The variance of the mean loss difference uses its autocovariances up to lag horizon - 1, equally weighted. Where that
 * is not positive (possible above horizon 1), only lag 0 is used and the note says so. A loss difference that is the same
 * every day has no variance, so the statistic is undefined: statistic and p-value are null, and the note gives the reason.
 *
 * Sources: Diebold and Mariano (1995), JBES 13; Harvey, Leybourne and Newbold (1997), IJF 13.
 *
 * @param errorsA forecast errors (actual - predicted) of A, in time order
 * @param errorsB those of B on the same days
 */
export function dieboldMariano(
  errorsA: ArrayLike<number>,
  errorsB: ArrayLike<number>,
  options: DieboldMarianoOptions = {},
): DieboldMarianoResult {
  const { horizon = 1, loss = 'squared' } = options;
  checkInput(errorsA, errorsB, horizon);
  const cost = lossOf(loss);
  const differences = Float64Array.from(errorsA, (error, i) => cost(error) - cost(errorsB[i]));
  return testLossDifferences(differences, options);
}

/** The loss of one forecast error. */
export function lossOf(loss: DieboldMarianoLoss): (error: number) => number {
  return loss === 'squared' ? (error) => error * error : Math.abs;
}

/** {@link dieboldMariano} of the daily losses of A minus those of B. */
export function testLossDifferences(
  differences: Float64Array,
  { horizon = 1, alternative = 'two-sided' }: Omit<DieboldMarianoOptions, 'loss'> = {},
): DieboldMarianoResult {
  const n = differences.length;
  const mean = meanOf(differences);
  const meanSquare = differences.reduce((sum, d) => sum + d * d, 0) / n;
  if (!Number.isFinite(meanSquare)) {
    throw new ForecastInputError('dieboldMariano: the errors are too large to test; check for typing errors');
  }
  const lag0 = autocovariance(differences, mean, 0);
  if (lag0 <= ROUNDING * meanSquare) {
    const reason = mean === 0 ? 'both forecasts lose the same' : 'the losses differ by the same amount';
    return { statistic: null, pValue: null, n, note: `${reason} every day, so there is nothing to test` };
  }

  let usedHorizon = horizon;
  let variance = lag0;
  for (let lag = 1; lag < horizon; lag++) variance += 2 * autocovariance(differences, mean, lag);
  let note: string | null = null;
  if (variance <= ROUNDING * meanSquare) {
    variance = lag0;
    usedHorizon = 1;
    note = `the variance over ${horizon} steps is not positive: tested as for horizon 1`;
  }
  const correction = Math.sqrt((n + 1 - 2 * usedHorizon + (usedHorizon * (usedHorizon - 1)) / n) / n);
  const statistic = (correction * mean) / Math.sqrt(variance / n);
  return { statistic, pValue: pValueOf(statistic, n - 1, alternative), n, note };
}

function pValueOf(statistic: number, df: number, alternative: DieboldMarianoAlternative): number {
  switch (alternative) {
    case 'two-sided':
      return studentTTwoSided(statistic, df);
    case 'less':
      return studentTCdf(statistic, df);
    case 'greater':
      return studentTCdf(-statistic, df);
  }
}

function checkInput(errorsA: ArrayLike<number>, errorsB: ArrayLike<number>, horizon: number): void {
  const n = errorsA.length;
  if (errorsB.length !== n) {
    throw new ForecastInputError(
      `dieboldMariano: ${n} errors against ${errorsB.length}; both forecasts must cover the same days`,
    );
  }
  if (!Number.isInteger(horizon) || horizon < 1) {
    throw new ForecastInputError(
      `dieboldMariano: horizon ${horizon}; it must be a whole number of at least 1`,
    );
  }
  if (n < 2 || n <= horizon) {
    throw new ForecastInputError(
      `dieboldMariano: ${n} forecasts at horizon ${horizon}; it takes at least ${Math.max(2, horizon + 1)}`,
    );
  }
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(errorsA[i]) || !Number.isFinite(errorsB[i])) {
      throw new ForecastInputError(
        `dieboldMariano: errors ${i} are ${errorsA[i]} and ${errorsB[i]}; both must be finite`,
      );
    }
  }
}
