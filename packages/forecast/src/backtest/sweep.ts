import { runKinds } from '@fin/run';
import { rmse } from '../metrics/index.js';
import type { RunBacktestOptions } from './backtest-options.js';
import type { BacktestResult } from './backtest-result.js';
import type { FinishedJob } from './walk.js';
import { wholeRun, withWalk } from './with-walk.js';

/** One setting of a sweep on the validation days. */
export interface SweepRow {
  /** The setting, such as `learningRate=0.001, window=5`. */
  readonly name: string;
  /** Number of seeds. */
  readonly seeds: number;
  /** Number of validation days. */
  readonly n: number;
  /** Root mean squared error on the validation days, index points; mean over the seeds. */
  readonly validationRmse: number;
}

/** Result of {@link sweep}. */
export interface SweepResult extends BacktestResult {
  /** Name of the chosen setting: the one with the lowest validation error, the first of equal ones. */
  readonly chosen: string;
  /** Every setting on the validation days, the best first. */
  readonly settings: readonly SweepRow[];
}

/**
 * Tries the variants of the settings, chooses one on validation days alone, and backtests that one.
 *
 * ```
 * variants × seeds ── trained on the first fold, which has no test days here ── validation RMSE ── the lowest
 *                                                                                                     │
 *                                    all folds × seeds, with their test days ── backtest of the chosen one
 * ```
 *
 * Until the choice is made, no test day is given to any training, and all validation days lie before the first test day. Otherwise
 * as `backtest`.
 *
 * @returns the result; null when the signal stopped it, the run lacked only its manifest, or another process of the group has it
 * @throws {FoldError} when a training fails, naming fold and seed
 * @example
 * const variants = gridVariants({ learningRate: [1e-3, 3e-4], window: [5, 10] });
 * const { chosen } = await sweep({ market, runDir: 'runs/sweep', settings: { variants, from: '2015-01-01' } });
 */
export async function sweep(options: RunBacktestOptions): Promise<SweepResult | null> {
  const shape = wholeRun('sweep', options);
  return withWalk(shape, options, async ({ run, walk, variants, resumed, started }) => {
    const tried = await walk.run(
      variants.flatMap((variant) => walk.jobs.selections(variant)),
      resumed,
      options.parts?.trainings,
    );
    const rows = variants.map((variant) =>
      rowOf(
        walk.name(variant, tried),
        tried.filter(({ job }) => job.variant === variant),
      ),
    );
    const best = variants.reduce((a, b) => (rows[b].validationRmse < rows[a].validationRmse ? b : a));
    const choice = {
      chosen: rows[best].name,
      settings: [...rows].sort((a, b) => a.validationRmse - b.validationRmse),
    };
    options.onEvent?.({ kind: 'choice', name: choice.chosen, validationRmse: rows[best].validationRmse });
    await run.writeJson(runKinds.sweep.files.choice, choice);
    const tested = await walk.run(walk.jobs.tests(best), null);
    const others = tried.filter(({ job }) => job.variant !== best);
    return { ...(await walk.finish([best], [...others, ...tested], started)), ...choice };
  });
}

function rowOf(name: string, tried: readonly FinishedJob[]): SweepRow {
  const errors = tried.map(({ result: { predictions } }) =>
    rmse(
      predictions.map(({ actual }) => actual),
      predictions.map(({ predicted }) => predicted),
    ),
  );
  return {
    name,
    seeds: tried.length,
    n: tried[0].result.predictions.length,
    validationRmse: errors.reduce((sum, error) => sum + error, 0) / errors.length,
  };
}
