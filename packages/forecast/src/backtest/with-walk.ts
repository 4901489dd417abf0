import type { ProcessGroup } from '@fin/parallel';
import { singleProcess } from '@fin/parallel';
import type { RunFolder, RunKind } from '@fin/run';
import { RunInputError, runKinds, withRun } from '@fin/run';
import { leadOrFollow, requireSameSettings } from '@fin/train';
import type { z } from 'zod';
import type { RunBacktestOptions } from './backtest-options.js';
import { farmJobs, howToTrain } from './farm-jobs.js';
import type { OpenedWalk } from './open-walk.js';
import { openWalk } from './open-walk.js';
import { computingOf, requireSameComputing } from './read-parts.js';
import type { BacktestSettings } from './settings.js';
import { backtestSettingsSchema, resolveBacktestSettings } from './settings.js';
import { Walk } from './walk.js';
import type { ModelInputs } from './walk-jobs.js';
import { readModelInputs, WalkJobs } from './walk-jobs.js';

/** The run folder of a walk-forward, and the settings that its `config.json` has. */
export interface WalkShape<Settings extends BacktestSettings> {
  readonly kind: RunKind;
  readonly schema: z.ZodType<Settings>;
  /** Fills in the defaults and checks the settings of a new run. */
  readonly resolve: () => Settings;
}

/** What a walk-forward run works with, once its folder is there. */
export interface WalkContext<Settings extends BacktestSettings> {
  readonly run: RunFolder;
  readonly settings: Settings;
  readonly walk: Walk;
  /** Indices of the variants. */
  readonly variants: readonly number[];
  /** Set when the run is resumed, with the differences in its environment. */
  readonly resumed: { readonly note: string | null } | null;
  /** When the call began, as `performance.now` tells it. */
  readonly started: number;
}

/** The shape of a whole run. @throws {RunInputError} of `@fin/run` when its parts are those of another kind of run */
export function wholeRun(
  kind: 'backtest' | 'sweep',
  { settings, parts }: RunBacktestOptions,
): WalkShape<BacktestSettings> {
  if (parts && parts.of !== kind) {
    throw new RunInputError(`these are ${runKinds[`${parts.of}-part`].words}, and not of a ${kind}`);
  }
  return {
    kind,
    schema: backtestSettingsSchema,
    resolve: () => resolveBacktestSettings(settings ?? parts?.settings),
  };
}

/**
 * Creates or resumes a walk-forward run, scores its headlines, and does the work. The other ranks of a group do their share of the trainings.
 *
 * @returns the result of `work`; null when the signal stopped it, the run lacked only its manifest, or rank 0 has the result
 */
export function withWalk<Settings extends BacktestSettings, Result>(
  shape: WalkShape<Settings>,
  options: RunBacktestOptions,
  work: (context: WalkContext<Settings>) => Promise<Result>,
): Promise<Result | null> {
  const started = performance.now();
  const { runDir, overwrite, resume, signal, onEvent, parts, group = singleProcess } = options;
  const lead = (announce: (settings: Settings) => Promise<void>): Promise<Result | null> =>
    withRun(
      {
        ...shape,
        dir: runDir,
        overwrite,
        resume,
        settings: options.settings,
        open: async (settings) => {
          await announce(settings);
          const opened = openWalk(settings, options);
          await requireSameWalk(group, opened);
          if (parts) requireSameComputing(parts, opened.environment);
          return opened;
        },
        onRepaired: () => onEvent?.({ kind: 'repaired' }),
        signal,
      },
      async ({ run, settings, opened, resumed }) => {
        onEvent?.({ kind: 'precision', ...opened.environment.precision });
        const inputs = await readModelInputs(settings, opened.folds, {
          signal,
          onProgress: (done, total) => onEvent?.({ kind: 'scoring', done, total }),
        }).catch(async (error) => {
          if (signal?.aborted && error === signal.reason) await group.broadcastValue(null);
          throw error;
        });
        await group.broadcastValue(inputs);
        const walk = new Walk({ run, settings, opened, inputs }, options);
        const variants = settings.variants.map((_, variant) => variant);
        const result = await work({ run, settings, walk, variants, resumed, started });
        await group.broadcastValue(null); // there is no more to train
        return result;
      },
    );
  return leadOrFollow(group, { lead, follow: (settings) => followWalk(settings, options, group) });
}

/** Does the share of a rank in all trainings. Rank 0 names them. */
async function followWalk(
  settings: BacktestSettings,
  options: RunBacktestOptions,
  group: ProcessGroup,
): Promise<void> {
  const opened = openWalk(settings, options);
  await requireSameWalk(group, opened);
  const inputs = await group.broadcastValue<ModelInputs | null>(null);
  if (inputs === null) return;
  const jobs = new WalkJobs(settings, opened.folds, inputs).byName();
  const { signal } = options;
  try {
    for (;;) {
      const names = await group.broadcastValue<readonly string[] | null>(null);
      if (names === null) return;
      const missing = names.map((name) => jobs.get(name)!);
      await farmJobs(
        missing,
        { ...howToTrain(missing.length, opened.environment, options), ...UNHEARD, signal },
        group,
      );
    }
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
  }
}

/** Of a rank whose results rank 0 hears of. */
const UNHEARD = { onProgress: () => {}, onResult: async () => {} };

/** @throws {RanksDifferError} of `@fin/parallel` unless all ranks have the same data and compute in the same way */
function requireSameWalk(group: ProcessGroup, { data, environment }: OpenedWalk): Promise<void> {
  return requireSameSettings(group, { data, environment: computingOf(environment) });
}
