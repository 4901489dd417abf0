import { runKinds } from '@fin/run';
import { z } from 'zod';
import type { CommonParts } from '../../read/run-file.js';
import { ReportInputError, RunReader } from '../../read/run-file.js';
import type { TableRow } from '../forecaster/metrics-table.js';

/** A row of `results.json`: a model or a baseline over all folds. */
export interface BacktestTableRow extends TableRow {
  readonly seeds: number;
  /** Against persistence, with Holm's correction over the rows. */
  readonly dieboldMariano:
    | (NonNullable<TableRow['dieboldMariano']> & { readonly adjustedPValue: number })
    | null;
  /** Standard deviations over the seeds; null for one seed. */
  readonly deviations: { readonly mae: number } | null;
}

/** `results.json` of a walk-forward run. */
interface Results {
  readonly market: string;
  readonly synthetic: boolean;
  readonly folds: number;
  readonly first: string;
  readonly last: string;
  readonly rows: readonly BacktestTableRow[];
  readonly comparisons: readonly {
    readonly model: string;
    readonly reference: string;
    readonly differences: NonNullable<TableRow['differences']>;
  }[];
}

interface Span {
  readonly n: number;
  readonly first: string;
  readonly last: string;
}

interface Folds {
  readonly folds: readonly { readonly train: Span; readonly validation: Span; readonly test: Span }[];
}

interface BacktestData {
  readonly signal: number | null;
  readonly fingerprint: string;
}

const interval = z.tuple([z.number(), z.number()]);
const difference = z.object({ value: z.number(), interval: interval.nullable() });
const differences = z.object({ mae: difference, rmse: difference });
const adjustedTest = z.object({
  statistic: z.number(),
  pValue: z.number(),
  adjustedPValue: z.number(),
  loss: z.enum(['squared', 'absolute']),
});

const resultsSchema: z.ZodType<Results> = z.object({
  market: z.string(),
  synthetic: z.boolean(),
  folds: z.int().min(1),
  first: z.string(),
  last: z.string(),
  rows: z
    .array(
      z.object({
        model: z.string(),
        n: z.number(),
        seeds: z.int().min(1),
        mae: z.number(),
        rmse: z.number(),
        mape: z.number().nullable(),
        smape: z.number(),
        mase: z.number().nullable(),
        r2: z.number().nullable(),
        oosR2: z.number().nullable(),
        directionalAccuracy: z.number().nullable(),
        directionalN: z.number(),
        directionalInterval: interval.nullable(),
        dieboldMariano: adjustedTest.nullable(),
        differences: differences.nullable(),
        deviations: z.object({ mae: z.number() }).nullable(),
        notes: z.array(z.string()),
      }),
    )
    .min(1),
  comparisons: z.array(z.object({ model: z.string(), reference: z.string(), differences })),
});

const span = z.object({ n: z.number(), first: z.string(), last: z.string() });
const foldsSchema: z.ZodType<Folds> = z.object({
  folds: z.array(z.object({ train: span, validation: span, test: span })).min(1),
});

const dataSchema: z.ZodType<BacktestData> = z.object({
  signal: z.number().nullable(),
  fingerprint: z.string(),
});

/** A walk-forward run as the report shows it. */
export interface BacktestRun extends CommonParts {
  readonly results: Results;
  readonly folds: Folds['folds'];
  readonly data: BacktestData;
}

export const backtestFiles: (typeof runKinds)['backtest']['files'] = runKinds.backtest.files;

const WRITER = 'fin backtest';

/**
 * Reads a walk-forward run.
 *
 * @throws {ReportInputError} naming the file that is missing or malformed, or the baseline that the models lack
 */
export async function readBacktest(runDir: string): Promise<BacktestRun> {
  const reader = await RunReader.open(runDir, 'backtest', WRITER);
  const results = await reader.json(backtestFiles.results, WRITER, resultsSchema);
  if (!results.rows.some(({ model }) => model === 'persistence')) {
    throw new ReportInputError(
      `${reader.path(backtestFiles.results)} lacks the baseline persistence: a model is not reported without it; run ${WRITER} again`,
    );
  }
  const { folds } = await reader.json(backtestFiles.folds, WRITER, foldsSchema);
  const data = await reader.json('data.json', WRITER, dataSchema);
  return { ...(await reader.common(WRITER)), results, folds, data };
}
