import type { RunBacktestOptions } from './backtest-options.js';
import type { BacktestResult } from './backtest-result.js';
import { wholeRun, withWalk } from './with-walk.js';

/**
 * Walk-forward evaluation: trains the forecaster anew on each fold with each seed, and compares all test forecasts together with
 * baselines that are fitted anew on each fold.
 *
 * ```
 * market ── samples ── folds ──┬── variants × folds × seeds, in several processes ── forecasts ──┬── rows, tests ── run folder
 *                              └── baselines, fitted per fold ───────────────────────────────────┘
 * headlines ── scores of a frozen model, computed once ──┘
 * ```
 *
 * Nothing that a fold learns comes from its test days or later ones. Call `loadTensorFlow` first. An interrupted run keeps its
 * finished trainings and can be resumed. On one machine the result does not depend on interruptions.
 *
 * @returns the result; null when the signal stopped it, the run lacked only its manifest, or another process of the group has it
 * @throws {FoldError} when a training fails, naming fold and seed
 * @throws {RunInputError} of `@fin/run` when the folder cannot be used, or a run cannot be resumed with these options
 * @example
 * const result = await backtest({ market, runDir: 'runs/backtest', settings: { from: '2012-01-01', seeds: 3 } });
 */
export async function backtest(options: RunBacktestOptions): Promise<BacktestResult | null> {
  const shape = wholeRun('backtest', options);
  return withWalk(shape, options, async ({ walk, variants, resumed, started }) => {
    const jobs = variants.flatMap((variant) => walk.jobs.tests(variant));
    return walk.finish(variants, await walk.run(jobs, resumed, options.parts?.trainings), started);
  });
}
