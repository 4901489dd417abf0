import { StandardScaler } from '@fin/data';
import { Matrix, SVD } from 'ml-matrix';
import { ForecastInputError } from '../errors.js';
import type { Baseline, BaselineDay, FittedBaseline } from './baseline.js';

/** Penalties tried: half powers of ten. At the largest, the forecast is nearly the mean return of the training days. */
export const PENALTIES: readonly number[] = Array.from({ length: 15 }, (_, i) => 10 ** (i / 2 - 1));

/** A fitted ridge regression. */
export interface RidgeRegression {
  readonly penalty: number;
  readonly intercept: number;
  /** One per column. */
  readonly coefficients: readonly number[];
}

/**
 * Ridge regression of the log return of the next day on the standardized features of the window: every feature on each of its days.
 * It reads what the LSTM reads. The penalty has the lowest squared error when each training day is left out in turn, as
 * `RidgeCV` of scikit-learn chooses it.
 */
export const ridge: Baseline = {
  name: 'ridge',
  needs: 'window',
  nestsPersistence: true,
  fit: (train) => fitRidgeBaseline(train, windowOf),
};

/** {@link ridge} with the day's sentiment as three more columns. A day without headlines has the mean of the training days. */
export const ridgeSentiment: Baseline = {
  name: 'ridge-sentiment',
  needs: 'sentiment',
  nestsPersistence: true,
  fit(train) {
    const scored = train.flatMap(({ sentiment }) => (sentiment === null ? [] : [sentiment]));
    const neutral = [0, 1, 2].map(
      (label) => scored.reduce((sum, sentiment) => sum + sentiment[label], 0) / Math.max(1, scored.length),
    );
    return fitRidgeBaseline(train, (day) => [...windowOf(day), ...(day.sentiment ?? neutral)]);
  },
};

function windowOf({ decisionDate, window }: BaselineDay): Float64Array {
  if (window !== undefined) return window;
  throw new ForecastInputError(
    `ridge: the day ${decisionDate} has no window; give every sample one, or none`,
  );
}

function fitRidgeBaseline(
  train: readonly BaselineDay[],
  columnsOf: (day: BaselineDay) => ArrayLike<number>,
): FittedBaseline {
  const rows = train.map(columnsOf);
  const width = rows[0].length;
  const uneven = rows.findIndex(({ length }) => length !== width);
  if (uneven >= 0) {
    throw new ForecastInputError(
      `ridge: the window of ${train[uneven].decisionDate} has ${rows[uneven].length} values, others ${width}; give all samples windows of one size`,
    );
  }
  const scaler = new StandardScaler(width).fit(rows.flatMap((row) => Array.from(row)));
  const { intercept, coefficients } = fitRidge(
    rows.map((row) => scaler.transform(row)),
    train.map(({ lastClose, targetClose }) => Math.log(targetClose / lastClose)),
  );
  return {
    predict(day) {
      const row = scaler.transform(columnsOf(day));
      const logReturn = coefficients.reduce((sum, coefficient, i) => sum + coefficient * row[i], intercept);
      return day.lastClose * Math.exp(logReturn);
    },
  };
}

/**
 * Ridge regression with an intercept that is not penalized. The errors with each row left out follow from one singular value
 * decomposition (Golub, Heath and Wahba 1979; Rifkin and Lippert 2007).
 */
export function fitRidge(
  rows: readonly ArrayLike<number>[],
  targets: readonly number[],
  penalties: readonly number[] = PENALTIES,
): RidgeRegression {
  const n = rows.length;
  const width = rows[0].length;
  const means = Array.from({ length: width }, (_, j) => rows.reduce((sum, row) => sum + row[j], 0) / n);
  const mean = targets.reduce((sum, target) => sum + target, 0) / n;
  const centred = new Matrix(rows.map((row) => means.map((centre, j) => row[j] - centre)));
  const svd = new SVD(centred, { autoTranspose: true });
  const left = svd.leftSingularVectors; // [n, rank]
  const right = svd.rightSingularVectors; // [width, rank]
  const singular = svd.diagonal;
  const projections = singular.map((_, k) =>
    targets.reduce((sum, target, i) => sum + left.get(i, k) * (target - mean), 0),
  );

  const leftOutError = (penalty: number): number => {
    const shrink = singular.map((value) => value ** 2 / (value ** 2 + penalty));
    let squares = 0;
    for (let i = 0; i < n; i++) {
      let fitted = mean;
      let leverage = 1 / n;
      for (const [k, factor] of shrink.entries()) {
        const u = left.get(i, k);
        fitted += factor * u * projections[k];
        leverage += factor * u * u;
      }
      squares += ((targets[i] - fitted) / (1 - leverage)) ** 2;
    }
    return squares;
  };
  const errors = penalties.map(leftOutError);
  const penalty = penalties[errors.indexOf(Math.min(...errors))] ?? penalties[penalties.length - 1];
  const coefficients = means.map((_, j) =>
    singular.reduce(
      (sum, value, k) => sum + right.get(j, k) * (value / (value ** 2 + penalty)) * projections[k],
      0,
    ),
  );
  const intercept = coefficients.reduce((sum, coefficient, j) => sum - coefficient * means[j], mean);
  return { penalty, intercept, coefficients };
}
