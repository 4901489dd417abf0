import type { BaselineForecasts } from '../baselines/index.js';
import { baselines } from '../baselines/index.js';
import type {
  Adjusted,
  Comparison,
  DieboldMarianoSummary,
  ForecastSeries,
  SeedsRow,
  TestSummary,
} from '../metrics/index.js';
import { compareForecasts, evaluateSeeds } from '../metrics/index.js';

/** Forecasts of one variant for all test days. */
export interface VariantForecasts extends ForecastSeries {
  /** Names of the other variants that it contains as a special case, such as the model of prices alone. */
  readonly contains: readonly string[];
}

/** One line of the table: a variant or a baseline, over all folds. */
export interface BacktestRow extends SeedsRow {
  /** Number of folds. */
  readonly folds: number;
  /** Against persistence, with Holm's correction over all rows. */
  readonly dieboldMariano: (DieboldMarianoSummary & Adjusted) | null;
  /** Against persistence where it is a special case, with Holm's correction. */
  readonly clarkWest: (TestSummary & Adjusted) | null;
}

/** Rows and tests of a walk-forward evaluation. */
export interface BacktestTable {
  /** Variants first, then baselines. */
  readonly rows: readonly BacktestRow[];
  /** Every variant against every baseline, and against every other variant. Corrected by reference. */
  readonly comparisons: readonly Comparison[];
}

/**
 * Makes the table of variants and baselines on the same days.
 *
 * @param trainingCloses closes of the first fold's training days, for MASE
 */
export function compareVariants(
  variants: readonly VariantForecasts[],
  baselineForecasts: readonly BaselineForecasts[],
  { folds, trainingCloses }: { readonly folds: number; readonly trainingCloses: Float64Array },
): BacktestTable {
  const simple = baselineForecasts.map(({ model, test }) => ({ model, seeds: [test] }));
  const models = variants.map(({ model, seeds }) => ({ model, seeds }));
  // With all weights at zero, a variant forecasts no change.
  const nesting = [
    ...variants.map(({ model }) => model),
    ...baselines.filter(({ nestsPersistence }) => nestsPersistence).map(({ name }) => name as string),
  ];
  const series = [...models, ...simple];
  const drift = baselineForecasts.find(({ model }) => model === 'drift')?.test;
  const againstPersistence = compareForecasts(series, {
    reference: 'persistence',
    nested: nesting.filter((name) => series.some(({ model }) => model === name)),
  });
  const rows = series.map(({ model, seeds }): BacktestRow => {
    const nestsPersistence = nesting.includes(model);
    const row = evaluateSeeds(model, seeds, { trainingCloses, drift, nestsPersistence });
    const test = againstPersistence.find((comparison) => comparison.model === model);
    return {
      ...row,
      folds,
      dieboldMariano: test?.dieboldMariano ?? null,
      clarkWest: test?.clarkWest ?? null,
    };
  });
  const againstBaselines = simple.flatMap((reference) =>
    compareForecasts([reference, ...models], {
      reference: reference.model,
      nested: reference.model === 'persistence' ? models.map(({ model }) => model) : [],
    }),
  );
  const againstVariants = variants.flatMap(({ model }, i) => {
    const containing = variants
      .filter(({ contains }) => contains.includes(model))
      .map((other) => other.model);
    const others = variants.filter((other, j) => j > i || (j < i && containing.includes(other.model)));
    if (others.length === 0) return [];
    return compareForecasts([models[i], ...others.map((other) => models[variants.indexOf(other)])], {
      reference: model,
      nested: containing,
    });
  });
  return { rows, comparisons: [...againstBaselines, ...againstVariants] };
}
