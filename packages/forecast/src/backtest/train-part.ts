import { formatJobArchive, runKinds } from '@fin/run';
import { ForecastInputError } from '../errors.js';
import type { RunBacktestOptions } from './backtest-options.js';
import { partSettingsSchema, resolvePartSettings } from './part-settings.js';
import { programVersion } from './program-version.js';
import type { Part } from './share-of-jobs.js';
import { shareOfJobs } from './share-of-jobs.js';
import { withWalk } from './with-walk.js';

/** Options of {@link trainPart}. */
export interface TrainPartOptions extends Omit<RunBacktestOptions, 'parts'> {
  /** The whole run that it is a part of. */
  readonly of: 'backtest' | 'sweep';
  /** Which part. @default with `resume`, the one in the folder */
  readonly part?: Part;
}

/** Result of {@link trainPart}. */
export interface PartResult {
  readonly run: string;
  readonly of: 'backtest' | 'sweep';
  readonly part: Part;
  /** Number of trainings in the part. */
  readonly trainings: number;
  /** Duration of this call, without the time before a resume. */
  readonly seconds: number;
}

/**
 * Does one part of the trainings of a backtest or a sweep, in a run folder of its own, such as in one task of a job array. Parts know
 * nothing of each other. When all are finished, {@link readParts} and `backtest` or `sweep` make the whole run of them.
 *
 * ```
 * part 1 ── folder ──┐
 * part 2 ── folder ──┼── readParts ── backtest ── the run folder that one process would have written
 * part 3 ── folder ──┘
 * ```
 *
 * The parts of a sweep are the trainings among which it chooses.
 *
 * @returns the result; null when the signal stopped it, or the run lacked only its manifest
 * @throws {FoldError} when a training fails, naming fold and seed
 * @example
 * for (const index of [1, 2]) {
 *   await trainPart({ of: 'backtest', part: { index, count: 2 }, market, runDir: `runs/part-${index}` });
 * }
 * const parts = await readParts(['runs/part-1', 'runs/part-2']);
 * await backtest({ market, runDir: 'runs/whole', parts });
 */
export async function trainPart({ of, part, ...options }: TrainPartOptions): Promise<PartResult | null> {
  if (part === undefined && !options.resume) {
    throw new ForecastInputError('a new part needs its number: give `part`, such as { index: 1, count: 4 }');
  }
  const settings = { ...options.settings, ...(part && { part }) };
  const shape = {
    kind: `${of}-part`,
    schema: partSettingsSchema,
    resolve: () => resolvePartSettings(options.settings, part!),
  } as const;
  return withWalk(shape, { ...options, settings }, async (context): Promise<PartResult> => {
    const { run, walk, variants, resumed, started } = context;
    const all = variants.flatMap((variant) =>
      of === 'backtest' ? walk.jobs.tests(variant) : walk.jobs.selections(variant),
    );
    const own = context.settings.part;
    const finished = await walk.run(shareOfJobs(all, own), resumed);
    const jobs = finished.map(({ job, result }) => ({ job: walk.stored(job), result }));
    await run.writeText(runKinds[shape.kind].files.trainings, formatJobArchive(programVersion(), jobs));
    return {
      run: options.runDir,
      of,
      part: own,
      trainings: finished.length,
      seconds: (performance.now() - started) / 1000,
    };
  });
}
