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
  checkSeeds(model, seeds);
  if (options.drift !== undefined) checkSameDays(model, seeds[0], 'drift', options.drift);
  const notes: string[] = [];
  return {
    model,
    n: seeds[0].length,
    ...errorFigures(seeds, options, notes),
    ...directionFigures(seeds, options, notes),
    ...againstPersistence(model, seeds, options, notes),
    notes,
    seeds: seeds.length,
    deviations: seeds.length === 1 ? null : deviationsOf(seeds),
  };
}

const forecastsOf = (points: readonly ForecastPoint[]) => ({
  actual: points.map(({ actual }) => actual),
  predicted: points.map(({ predicted }) => predicted),
});

function errorFigures(
  seeds: Seeds,
  { trainingCloses, drift }: EvaluateOptions,
  notes: string[],
): Pick<MetricsRow, 'mae' | 'rmse' | 'mape' | 'smape' | 'mase' | 'r2' | 'oosR2'> {
  const series = seeds.map(forecastsOf);
  const mean = (measure: (actual: number[], predicted: number[]) => number) =>
    meanOf(series.map(({ actual, predicted }) => measure(actual, predicted)));
  const meanOrNull = (
    measure: (actual: number[], predicted: number[]) => number | null,
    reason: string,
  ): number | null => {
    const known = series.flatMap(({ actual, predicted }) => measure(actual, predicted) ?? []);
    if (known.length === 0) notes.push(reason);
    return known.length === 0 ? null : meanOf(known);
  };
  const driftCloses = drift?.map(({ predicted }) => predicted);
  return {
    mae: mean(mae),
    rmse: mean(rmse),
    mape: meanOrNull(mape, 'an actual value is 0, so MAPE is undefined'),
    smape: mean(smape),
    mase:
      trainingCloses === undefined
        ? null
        : meanOrNull(
            (actual, predicted) => mase(actual, predicted, trainingCloses),
            'the training days never change, so MASE is undefined',
          ),
    r2: meanOrNull(r2, 'the actual values are constant, so R² is undefined'),
    oosR2:
      driftCloses === undefined
        ? null
        : meanOrNull(
            (actual, predicted) => outOfSampleR2(actual, predicted, driftCloses),
            'the drift is never wrong, so the out-of-sample R² is undefined',
          ),
  };
}

function directionFigures(
  seeds: Seeds,
  { level = 0.95 }: EvaluateOptions,
  notes: string[],
): Pick<MetricsRow, 'directionalAccuracy' | 'directionalN' | 'directionalInterval'> {
  const named = seeds.map((points) => directionalAccuracy(points, { level })).filter(({ n }) => n > 0);
  if (named.length === 0) {
    notes.push('forecasts no change on every day, so it names no direction');
    return { directionalAccuracy: null, directionalN: 0, directionalInterval: null };
  }
  const share = meanOf(named.map(({ value }) => value as number));
  const n = Math.round(meanOf(named.map((direction) => direction.n)));
  return {
    directionalAccuracy: share,
    directionalN: n,
    directionalInterval: wilsonIntervalOfShare(share, n, level),
  };
}

function againstPersistence(
  model: string,
  seeds: Seeds,
  { level = 0.95, loss = 'squared', nestsPersistence = false }: EvaluateOptions,
  notes: string[],
): Pick<MetricsRow, 'pesaranTimmermann' | 'dieboldMariano' | 'clarkWest' | 'differences'> {
  const isOther = model !== 'persistence';
  const persistence = [seeds[0].map((point): ForecastPoint => ({ ...point, predicted: point.lastClose }))];
  const isTested = seeds[0].length >= MIN_DAYS_TO_TEST;
  if (isOther && !isTested) {
    notes.push(
      `${seeds[0].length} forecasts are too few for a Diebold-Mariano test, as for every other test`,
    );
  }
  return {
    pesaranTimmermann: isTested ? directionTest(seeds, notes) : null,
    dieboldMariano: isTested && isOther ? lossTest(seeds, persistence, loss, notes) : null,
    clarkWest: isTested && isOther && nestsPersistence ? nestedTest(seeds, persistence, notes) : null,
    differences: isOther ? errorDifferences(seeds, persistence, level) : null,
  };
}

function deviationsOf(seeds: Seeds): SeedDeviations {
  const series = seeds.map(forecastsOf);
  const of = (measure: (actual: number[], predicted: number[]) => number | null) =>
    deviation(series.map(({ actual, predicted }) => measure(actual, predicted)));
  return {
    mae: of(mae) as number,
    rmse: of(rmse) as number,
    mape: of(mape),
    directionalAccuracy: deviation(seeds.map((points) => directionalAccuracy(points).value)),
  };
}

/** Standard deviation (n - 1); null when a value is. */
function deviation(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length < values.length) return null;
  const mean = meanOf(known);
  return Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1));
}
