import { ForecastInputError } from '../errors.js';
import type { ForecastPoint } from '../metrics/metrics-row.js';

/** `split`: one quantile of the calibration errors for all days. `adaptive`: a quantile that moves with drift. */
export type ConformalMethod = 'split' | 'adaptive';

/** Options of {@link conformalIntervals}. */
export interface ConformalOptions {
  /** Share of days on which the interval is to hold the close, @default 0.95 */
  readonly level?: number;
  /** How the width of an interval is calibrated. @default 'split' */
  readonly method?: ConformalMethod;
  /** Step of the adaptive method: a day outside makes the next intervals wider by it. @default 0.005, as in its paper */
  readonly stepSize?: number;
}

/** Prediction interval of one day. */
export interface PredictionInterval {
  readonly targetDate: string;
  /** Bounds of the forecast close, index points. Null when no finite interval has the level. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Whether the close was within; true for an interval without bounds. */
  readonly covered: boolean;
}

/** Default level: it takes 19 calibration days to have bounds. */
const LEVEL = 0.95;

/** Step size of the paper's experiments. */
const STEP_SIZE = 0.005;

/**
 * Conformal prediction intervals around one-day-ahead forecasts. A day's error is |ln(actual / predicted)|, so an interval grows with
 * the price. An interval reads only errors of days whose outcome is known on its decision day.
 *
 * - `split` (Vovk, Gammerman and Shafer 2005; Lei and others 2018): the ⌈(n + 1) level⌉-th smallest of the n calibration errors.
 *   It has the level if test days are like calibration days.
 * - `adaptive` (Gibbs and Candès 2021, Adaptive Conformal Inference Under Distribution Shift): the same quantile of the last n known
 *   errors, at a level that rises after a day outside and falls after a day within. Over a long time it has the level also
 *   when the days change.
 *
 * @param calibration forecasts that the model was not fitted to, such as those of the validation days, in time order
 * @param test later forecasts, in time order
 * @throws ForecastInputError when there is no calibration day, a forecast is not above 0, or an option is out of range
 */
export function conformalIntervals(
  calibration: readonly ForecastPoint[],
  test: readonly ForecastPoint[],
  options: ConformalOptions = {},
): PredictionInterval[] {
  const { level = LEVEL, method = 'split', stepSize = STEP_SIZE } = options;
  checkLevel(level);
  if (!(stepSize > 0 && stepSize < 1)) {
    throw new ForecastInputError(
      `conformalIntervals: stepSize ${stepSize}; it must lie between 0 and 1, such as 0.005`,
    );
  }
  if (calibration.length === 0) {
    throw new ForecastInputError(
      'conformalIntervals: no calibration days; give the forecasts of the validation days',
    );
  }
  const points = [...calibration, ...test];
  checkOrder(points);
  const errors = points.map(logError);
  const size = calibration.length;
  const calibrationErrors = sorted(errors.slice(0, size));
  let miscoverage = 1 - level;
  return test.map(({ targetDate, predicted }, i) => {
    const known = method === 'split' ? calibrationErrors : sorted(errors.slice(i, size + i));
    const radius = conformalQuantile(known, miscoverage);
    const covered = errors[size + i] <= radius;
    // Read by later days only: their decision falls after this outcome.
    if (method === 'adaptive') miscoverage += stepSize * (1 - level - (covered ? 0 : 1));
    return { targetDate, interval: around(predicted, radius), covered };
  });
}

/**
 * Conformal prediction interval around a forecast whose outcome is not known yet, by the `split` method of {@link conformalIntervals}.
 *
 * @param calibration forecasts that the model was not fitted to
 * @param predicted the forecast, index points
 * @returns null when there are too few calibration days for an interval of this level with bounds
 * @throws ForecastInputError when a forecast is not above 0, or the level is out of range
 */
export function forecastInterval(
  calibration: readonly ForecastPoint[],
  predicted: number,
  { level = LEVEL }: Pick<ConformalOptions, 'level'> = {},
): readonly [low: number, high: number] | null {
  checkLevel(level);
  const radius = conformalQuantile(sorted(calibration.map(logError)), 1 - level);
  return around(predicted, radius);
}

const around = (predicted: number, radius: number): readonly [low: number, high: number] | null =>
  Number.isFinite(radius) ? [predicted * Math.exp(-radius), predicted * Math.exp(radius)] : null;

function checkLevel(level: number): void {
  if (level > 0 && level < 1) return;
  throw new ForecastInputError(
    `conformalIntervals: level ${level}; it must lie between 0 and 1, such as 0.9`,
  );
}

/** Keeps a product that is a whole number but for rounding from being rounded up. */
const ROUNDING = 1e-9;

/** The ⌈(n + 1)(1 - miscoverage)⌉-th smallest error; Infinity when there is none so large, 0 when none is wanted. */
function conformalQuantile(sortedErrors: readonly number[], miscoverage: number): number {
  const rank = Math.ceil((sortedErrors.length + 1) * (1 - miscoverage) - ROUNDING);
  if (rank > sortedErrors.length) return Number.POSITIVE_INFINITY;
  return rank < 1 ? 0 : sortedErrors[rank - 1];
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

function logError({ targetDate, actual, predicted }: ForecastPoint): number {
  const error = Math.abs(Math.log(actual / predicted));
  if (predicted > 0 && Number.isFinite(error)) return error;
  throw new ForecastInputError(
    `conformalIntervals: the close of ${targetDate} is ${actual} and its forecast ${predicted}; both must be numbers above 0`,
  );
}

function checkOrder(points: readonly ForecastPoint[]): void {
  const early = points.findIndex(({ decisionDate }, i) => i > 0 && decisionDate < points[i - 1].targetDate);
  if (early < 0) return;
  throw new ForecastInputError(
    `conformalIntervals: the forecast of ${points[early].decisionDate} was made before the outcome of the one before it, ${points[early - 1].targetDate}; sort by time, calibration days first`,
  );
}
