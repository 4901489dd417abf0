import { ForecastInputError } from '../errors.js';
import { holm } from '../significance/holm.js';
import type { Seeds } from './daily.js';
import { checkSameDays, checkSeeds } from './daily.js';
import { lossTest, nestedTest } from './daily-tests.js';
import { differences, errorDifferences, MIN_DAYS_TO_TEST } from './error-differences.js';
import type { EvaluateOptions } from './evaluate-options.js';
import type {
  DieboldMarianoSummary,
  Difference,
  ErrorDifferences,
  ForecastPoint,
  TestSummary,
} from './metrics-row.js';

/** Forecasts of one model to compare with others. */
export interface ForecastSeries {
  readonly model: string;
  /** Forecasts of each seed, for the same days. A baseline has one. */
  readonly seeds: Seeds;
}

/** Options of {@link compareForecasts}. */
export interface CompareOptions extends Pick<EvaluateOptions, 'level' | 'loss'> {
  /** Model that all others are compared with. */
  readonly reference: string;
  /** Models that contain the reference as a special case, for the Clark-West test. @default none */
  readonly nested?: readonly string[];
}

/** One model against the reference, on the same days. It survives JSON unchanged. */
export interface Comparison {
  readonly model: string;
  readonly reference: string;
  /** Number of days. */
  readonly n: number;
  /** Number of seeds of the model. */
  readonly seeds: number;
  /** Two-sided; below 0 when the model loses less than the reference. Null where there is nothing to test. */
  readonly dieboldMariano: (DieboldMarianoSummary & Adjusted) | null;
  /** One-sided. Null where the reference is not nested in the model, and where there is nothing to test. */
  readonly clarkWest: (TestSummary & Adjusted) | null;
  /** The model minus the reference. */
  readonly differences: ErrorDifferences & {
    /** Of the share of right directions, on days for which both name one; null when there is no such day. */
    readonly directionalAccuracy: Difference | null;
  };
  /** Reasons for nulls. */
  readonly notes: readonly string[];
}

/** A p-value corrected for several tests. */
export interface Adjusted {
  /** Holm's correction over all models that are compared by the same test. */
  readonly adjustedPValue: number;
}

/**
 * Compares several models with one of them, on the same days: Diebold-Mariano, Clark-West where the reference is nested, and block
 * bootstrap intervals of the differences. Losses are averaged over each model's seeds day by day first. P-values are adjusted
 * by Holm's method over the models.
 *
 * @returns one comparison per model besides the reference, in their order
 * @throws ForecastInputError when the reference is not among the models, a model appears twice, or the days differ
 * @example
 * const comparisons = compareForecasts(
 *   [{ model: 'scored+lstm', seeds: [fused] }, { model: 'lstm', seeds: [pricesOnly] }],
 *   { reference: 'lstm', nested: ['scored+lstm'] },
 * );
 */
export function compareForecasts(series: readonly ForecastSeries[], options: CompareOptions): Comparison[] {
  const { reference: name, nested = [] } = options;
  const names = series.map(({ model }) => model);
  const twice = names.find((model, i) => names.indexOf(model) !== i);
  const unknown = [name, ...nested].find((model) => !names.includes(model));
  if (twice !== undefined)
    throw new ForecastInputError(`compareForecasts: ${twice} appears twice; name each model once`);
  if (unknown !== undefined) {
    throw new ForecastInputError(
      `compareForecasts: no model is called ${unknown}; there are ${names.join(', ')}`,
    );
  }
  const reference = series[names.indexOf(name)];
  for (const { model, seeds } of series) {
    checkSeeds(model, seeds);
    checkSameDays(name, reference.seeds[0], model, seeds[0]);
  }
  const unadjusted = series
    .filter(({ model }) => model !== name)
    .map((other) => compare(other, reference, nested.includes(other.model), options));
  return adjust(adjust(unadjusted, 'dieboldMariano'), 'clarkWest');
}

function compare(
  { model, seeds }: ForecastSeries,
  reference: ForecastSeries,
  isNested: boolean,
  { level = 0.95, loss = 'squared' }: CompareOptions,
): Comparison {
  const notes: string[] = [];
  const n = seeds[0].length;
  const isTested = n >= MIN_DAYS_TO_TEST;
  if (!isTested) notes.push(`${n} forecasts are too few for a test`);
  const test = isTested ? lossTest(seeds, reference.seeds, loss, notes) : null;
  const clarkWest = isTested && isNested ? nestedTest(seeds, reference.seeds, notes) : null;
  return {
    model,
    reference: reference.model,
    n,
    seeds: seeds.length,
    dieboldMariano: test === null ? null : { ...test, adjustedPValue: test.pValue },
    clarkWest: clarkWest === null ? null : { ...clarkWest, adjustedPValue: clarkWest.pValue },
    differences: {
      ...errorDifferences(seeds, reference.seeds, level),
      directionalAccuracy: directionDifference(seeds, reference.seeds, level),
    },
    notes,
  };
}

function directionDifference(a: Seeds, b: Seeds, level: number): Difference | null {
  const [ours, theirs] = [a, b].map((seeds) =>
    seeds[0].map((_, day) => shareRight(seeds.map((points) => points[day]))),
  );
  const both = ours.flatMap((share, day) => {
    const other = theirs[day];
    return share === null || other === null ? [] : [{ share, other }];
  });
  if (both.length === 0) return null;
  const [direction] = differences(
    [
      {
        a: Float64Array.from(both, ({ share }) => share),
        b: Float64Array.from(both, ({ other }) => other),
        measure: (mean) => mean,
      },
    ],
    level,
  );
  return direction;
}

/** Share of a day's forecasts that name the right direction, among those that name one; null when none does. */
function shareRight(points: readonly ForecastPoint[]): number | null {
  const named = points.filter(({ predicted, lastClose }) => predicted !== lastClose);
  const right = named.filter(
    ({ predicted, lastClose, actual }) => predicted > lastClose === actual >= lastClose,
  );
  return named.length === 0 ? null : right.length / named.length;
}

function adjust(comparisons: readonly Comparison[], test: 'dieboldMariano' | 'clarkWest'): Comparison[] {
  const adjusted = holm(comparisons.map((comparison) => comparison[test]?.pValue ?? null));
  return comparisons.map((comparison, i) => {
    const result = comparison[test];
    return result === null
      ? comparison
      : { ...comparison, [test]: { ...result, adjustedPValue: adjusted[i] } };
  });
}
