import { backtestResultsSchema } from '@fin/forecast';
import { runKinds } from '@fin/run';
import { z } from 'zod';
import type { CommonParts } from '../../read/run-file.js';
import { ReportInputError, RunReader } from '../../read/run-file.js';

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
  /** `results.json`: every model and baseline over all folds. */
  readonly results: z.infer<typeof backtestResultsSchema>;
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
  const results = await reader.json(backtestFiles.results, WRITER, backtestResultsSchema);
  if (!results.rows.some(({ model }) => model === 'persistence')) {
    throw new ReportInputError(
      `${reader.path(backtestFiles.results)} lacks the baseline persistence: a model is not reported without it; run ${WRITER} again`,
    );
  }
  const { folds } = await reader.json(backtestFiles.folds, WRITER, foldsSchema);
  const data = await reader.json('data.json', WRITER, dataSchema);
  return { ...(await reader.common(WRITER)), results, folds, data };
}
