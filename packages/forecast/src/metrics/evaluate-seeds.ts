import { meanOf } from '../significance/series.js';
import { wilsonIntervalOfShare } from '../significance/wilson-interval.js';
import type { Seeds } from './daily.js';
import { checkSameDays, checkSeeds } from './daily.js';
import { directionTest, lossTest, nestedTest } from './daily-tests.js';
import { errorDifferences, MIN_DAYS_TO_TEST } from './error-differences.js';
import type { EvaluateOptions } from './evaluate-options.js';
import { directionalAccuracy, mae, mape, mase, outOfSampleR2, r2, rmse, smape } from './metrics.js';
import type { ForecastPoint, MetricsRow } from './metrics-row.js';

/** A row whose figures are means over seeds. */
export interface SeedsRow extends MetricsRow {
  /** Number of seeds. */
  readonly seeds: number;
  /** Standard deviations over the seeds (n - 1); null for one seed, and of a figure that is null. */
  readonly deviations: SeedDeviations | null;
}

/** Standard deviations over seeds. */
export interface SeedDeviations {
  readonly mae: number;
  readonly rmse: number;
  readonly mape: number | null;
  readonly directionalAccuracy: number | null;
}

/**
 * As `evaluateForecast`, for forecasts of the same days from several seeds. Figures are means over the seeds. Tests and differences
 * take daily values averaged over the seeds; the Pesaran-Timmermann test takes the direction of the mean forecast.
 *
 * @param seeds forecasts of each seed, for the same days
 * @throws ForecastInputError when there is no forecast, the days differ, or one of the numbers is not finite
 */
export function evaluateSeeds(model: string, seeds: Seeds, options: EvaluateOptions = {}): SeedsRow {
  const { level = 0.95, loss = 'squared' } = options;
  checkSeeds(model, seeds);
  const days = seeds[0];
  const notes: string[] = [];
  const actual = days.map((point) => point.actual);
  const each = <T>(measure: (predicted: number[]) => T) =>
    seeds.map((points) => measure(points.map((point) => point.predicted)));
  const mean = (values: readonly (number | null)[], reason: string | null): number | null => {
    const known = values.filter((value) => value !== null);
    if (known.length > 0) return meanOf(known);
    if (reason !== null) notes.push(reason);
    return null;
  };

  const directions = seeds.map((points) => directionalAccuracy(points, { level }));
  const shares = directions.map(({ value }) => value);
  const directional = mean(shares, 'forecasts no change on every day, so it names no direction');
  const directionalN = Math.round(meanOf(directions.map(({ n }) => n)));
  const absoluteErrors = each((predicted) => mae(actual, predicted));
  const squaredErrors = each((predicted) => rmse(actual, predicted));
  const percentageErrors = each((predicted) => mape(actual, predicted));
  const { trainingCloses, drift } = options;
  if (drift !== undefined) checkSameDays(model, days, 'drift', drift);
  const driftCloses = drift?.map((point) => point.predicted);
  const row = {
    model,
    n: days.length,
    mae: meanOf(absoluteErrors),
    rmse: meanOf(squaredErrors),
    mape: mean(percentageErrors, 'an actual value is 0, so MAPE is undefined'),
    smape: meanOf(each((predicted) => smape(actual, predicted))),
    mase: mean(
      each((predicted) => (trainingCloses === undefined ? null : mase(actual, predicted, trainingCloses))),
      trainingCloses === undefined ? null : 'the training days never change, so MASE is undefined',
    ),
    r2: mean(
      each((predicted) => r2(actual, predicted)),
      'the actual values are constant, so R² is undefined',
    ),
    oosR2: mean(
      each((predicted) => (driftCloses === undefined ? null : outOfSampleR2(actual, predicted, driftCloses))),
      driftCloses === undefined ? null : 'the drift is never wrong, so the out-of-sample R² is undefined',
    ),
    directionalAccuracy: directional,
    directionalN,
    directionalInterval:
      directional === null ? null : wilsonIntervalOfShare(directional, directionalN, level),
  };
  const isPersistence = model === 'persistence';
  const persistence = [days.map((point): ForecastPoint => ({ ...point, predicted: point.lastClose }))];
  const tests =
    days.length < MIN_DAYS_TO_TEST
      ? tooFew(days.length, isPersistence, notes)
      : {
          pesaranTimmermann: directional === null ? null : directionTest(seeds, notes),
          dieboldMariano: isPersistence ? null : lossTest(seeds, persistence, loss, notes),
          clarkWest:
            options.nestsPersistence && !isPersistence ? nestedTest(seeds, persistence, notes) : null,
        };
  return {
    ...row,
    ...tests,
    differences: isPersistence ? null : errorDifferences(seeds, persistence, level),
    notes,
    seeds: seeds.length,
    deviations:
      seeds.length === 1
        ? null
        : {
            mae: deviation(absoluteErrors) as number,
            rmse: deviation(squaredErrors) as number,
            mape: deviation(percentageErrors),
            directionalAccuracy: deviation(shares),
          },
  };
}

function tooFew(n: number, isPersistence: boolean, notes: string[]) {
  if (!isPersistence)
    notes.push(`${n} forecasts are too few for a Diebold-Mariano test, as for every other test`);
  return { pesaranTimmermann: null, dieboldMariano: null, clarkWest: null };
}

/** Standard deviation (n - 1); null when a value is. */
function deviation(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length < values.length) return null;
  const mean = meanOf(known);
  return Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1));
}
