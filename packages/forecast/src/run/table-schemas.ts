import { z } from 'zod';
import type { BacktestResult } from '../backtest/backtest-result.js';
import type { BacktestRow } from '../backtest/compare-variants.js';
import type { PredictionIntervals } from '../conformal/index.js';
import type { Comparison, Interval } from '../metrics/index.js';
import type { MetricsRow } from '../metrics/metrics-row.js';

/** A row of an evaluation. */
export interface EvaluationRow extends MetricsRow {
  /** Conformal prediction intervals, calibrated on the validation days. Null without validation days. */
  readonly predictionIntervals: PredictionIntervals | null;
}

export const intervalSchema: z.ZodType<Interval> = z.tuple([z.number(), z.number()]);
const testSchema = z.object({ statistic: z.number(), pValue: z.number() });
const differenceSchema = z.object({ value: z.number(), interval: intervalSchema.nullable() });

const dieboldMarianoSchema = testSchema.extend({ loss: z.enum(['squared', 'absolute']) });
const differencesSchema = z.object({ mae: differenceSchema, rmse: differenceSchema });

/** The fields of a {@link MetricsRow}. */
const metricsFields = {
  model: z.string(),
  n: z.number(),
  mae: z.number(),
  rmse: z.number(),
  mape: z.number().nullable(),
  smape: z.number(),
  mase: z.number().nullable(),
  r2: z.number().nullable(),
  oosR2: z.number().nullable(),
  directionalAccuracy: z.number().nullable(),
  directionalN: z.number(),
  directionalInterval: intervalSchema.nullable(),
  pesaranTimmermann: testSchema.nullable(),
  dieboldMariano: dieboldMarianoSchema.nullable(),
  clarkWest: testSchema.nullable(),
  differences: differencesSchema.nullable(),
  notes: z.array(z.string()),
};

const intervalSummarySchema = z.object({
  level: z.number(),
  calibrationN: z.number(),
  coverage: z.number(),
  coverageInterval: intervalSchema,
  meanWidth: z.number().nullable(),
  unbounded: z.number(),
});

export const evaluationRowSchema: z.ZodType<EvaluationRow> = z.object({
  ...metricsFields,
  predictionIntervals: z.object({ split: intervalSummarySchema, adaptive: intervalSummarySchema }).nullable(),
});

const adjusted = { adjustedPValue: z.number() };

const comparisonSchema: z.ZodType<Comparison> = z.object({
  model: z.string(),
  reference: z.string(),
  n: z.number(),
  seeds: z.int().min(1),
  dieboldMariano: dieboldMarianoSchema.extend(adjusted).nullable(),
  clarkWest: testSchema.extend(adjusted).nullable(),
  differences: differencesSchema.extend({ directionalAccuracy: differenceSchema.nullable() }),
  notes: z.array(z.string()),
});

const backtestRowSchema: z.ZodType<BacktestRow> = z.object({
  ...metricsFields,
  dieboldMariano: dieboldMarianoSchema.extend(adjusted).nullable(),
  clarkWest: testSchema.extend(adjusted).nullable(),
  seeds: z.int().min(1),
  deviations: z
    .object({
      mae: z.number(),
      rmse: z.number(),
      mape: z.number().nullable(),
      directionalAccuracy: z.number().nullable(),
    })
    .nullable(),
  folds: z.int().min(1),
});

/** Schema of `results.json` of a walk-forward run: the result without the folder and the duration. */
export const backtestResultsSchema: z.ZodType<Omit<BacktestResult, 'run' | 'seconds'>> = z.object({
  market: z.string(),
  synthetic: z.boolean(),
  folds: z.int().min(1),
  first: z.string(),
  last: z.string(),
  rows: z.array(backtestRowSchema).min(1),
  comparisons: z.array(comparisonSchema),
});
