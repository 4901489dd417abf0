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
  const reference = baselineForecasts.map(({ model, test }) => ({ model, seeds: [test] }));
  const nested = baselines
    .filter(({ nestsPersistence }) => nestsPersistence)
    .map(({ name }) => name as string);
  const series = [...variants.map(({ model, seeds }) => ({ model, seeds })), ...reference];
  const drift = baselineForecasts.find(({ model }) => model === 'drift')?.test;
  const adjusted = compareForecasts(series, {
    reference: 'persistence',
    nested: nested.filter((name) => reference.some(({ model }) => model === name)),
  });
  const rows = series.map(({ model, seeds }): BacktestRow => {
    const row = evaluateSeeds(model, seeds, {
      trainingCloses,
      drift,
      nestsPersistence: nested.includes(model),
    });
    const test = adjusted.find((comparison) => comparison.model === model);
    return {
      ...row,
      folds,
      dieboldMariano: test?.dieboldMariano ?? null,
      clarkWest: test?.clarkWest ?? null,
    };
  });
  return {
    rows,
    comparisons: [
      ...reference.flatMap((baseline) =>
        compareForecasts([baseline, ...series.slice(0, variants.length)], { reference: baseline.model }),
      ),
      ...variants.flatMap(({ model }, i) => {
        const others = variants.filter((other, j) => j !== i && (j > i || other.contains.includes(model)));
        if (others.length === 0) return [];
        const contained = others.filter(({ contains }) => contains.includes(model));
        return compareForecasts([variants[i], ...others], {
          reference: model,
          nested: contained.map((other) => other.model),
        });
      }),
    ],
  };
}
