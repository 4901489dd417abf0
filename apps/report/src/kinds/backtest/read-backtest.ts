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
  /** Of a sweep: how its setting was chosen. Null for a backtest. */
  readonly choice: Choice | null;
}

/** `choice.json`: every setting of a sweep on the validation days, the best first. */
export interface Choice {
  readonly chosen: string;
  readonly settings: readonly {
    readonly name: string;
    readonly seeds: number;
    readonly n: number;
    readonly validationRmse: number;
  }[];
}

const choiceSchema: z.ZodType<Choice> = z.object({
  chosen: z.string(),
  settings: z
    .array(z.object({ name: z.string(), seeds: z.number(), n: z.number(), validationRmse: z.number() }))
    .min(1),
});

export const backtestFiles: (typeof runKinds)['backtest']['files'] = runKinds.backtest.files;

/** Commands that write walk-forward runs. */
const writers = { backtest: 'fin backtest', sweep: 'fin sweep' } as const;

/**
 * Reads a walk-forward run.
 *
 * @throws {ReportInputError} naming the file that is missing or malformed, or the baseline that the models lack
 */
export async function readBacktest(runDir: string, kind: keyof typeof writers): Promise<BacktestRun> {
  const writer = writers[kind];
  const reader = await RunReader.open(runDir, kind, writer);
  const results = await reader.json(backtestFiles.results, writer, backtestResultsSchema);
  if (!results.rows.some(({ model }) => model === 'persistence')) {
    throw new ReportInputError(
      `${reader.path(backtestFiles.results)} lacks the baseline persistence: a model is not reported without it; run ${writer} again`,
    );
  }
  const { folds } = await reader.json(backtestFiles.folds, writer, foldsSchema);
  const data = await reader.json('data.json', writer, dataSchema);
  const choice = kind === 'sweep' ? await reader.json(backtestFiles.choice, writer, choiceSchema) : null;
  return { ...(await reader.common(writer)), results, folds, data, choice };
}
