import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEnvironment } from '@fin/amp';
import type { ProcessGroup } from '@fin/parallel';
import { singleProcess } from '@fin/parallel';
import type { BackendName } from '@fin/runtime';
import { RankStoppedError } from '../errors.js';
import type { RunBacktestOptions } from './backtest-options.js';
import type { FoldForecast, FoldJob } from './fold-job.js';
import type { WorkerStart } from './fold-worker.js';
import { shareOfJobs } from './share-of-jobs.js';
import type { RunJobsOptions } from './worker-pool.js';
import { runJobs } from './worker-pool.js';

/** Time between two exchanges of the ranks: a result waits so long at most until it is written, and a lost rank until it is noticed. */
const EXCHANGE_MS = 200;

/** A rank as the others see it. */
interface RankReport {
  /** Trainings that were finished since the last exchange. */
  readonly finished: readonly { readonly name: string; readonly result: FoldForecast }[];
  /** Running trainings with the share that is done. */
  readonly running: ReadonlyMap<string, number>;
  readonly state: 'working' | 'done' | 'stopped' | 'failed';
}

/** How this process trains its share of the jobs. Ranks on one machine share its processors out. @param jobs number of all jobs */
export function howToTrain(
  jobs: number,
  { backend, fusedOps }: RunEnvironment,
  { workers: asked, group = singleProcess }: Pick<RunBacktestOptions, 'workers' | 'group'>,
): WorkerStart & { readonly workers: number } {
  const processors = group.worldSize > 1 ? group.threads : availableParallelism();
  const workers = Math.min(asked ?? processors, Math.ceil(jobs / group.worldSize));
  const threads = Math.max(1, Math.floor(processors / Math.max(1, workers)));
  return { workers, threads, backend: backend as BackendName, fusedOps };
}

/**
 * Does jobs on all ranks of a group, each a share in several processes. Every rank calls it with the same jobs; rank 0 gets all results. With a
 * group of one process it is {@link runJobs}.
 *
 * ```
 * jobs ──┬── rank 0: its share ──┐
 *        ├── rank 1: its share ──┼── every 0.2 s: results, progress, state of all ranks ── rank 0: onResult, onProgress
 *        └── …                   ┘
 * ```
 *
 * @throws {FoldError} with the failure of a job of this rank
 * @throws {LostRankError} of `@fin/parallel` when another rank failed or ended
 * @throws {RankStoppedError} when the signal stopped another rank alone
 */
export async function farmJobs(
  jobs: readonly FoldJob[],
  options: RunJobsOptions,
  group: ProcessGroup,
): Promise<void> {
  if (group.worldSize === 1) return runJobs(jobs, options);
  const { signal } = options;
  const finished: { name: string; result: FoldForecast }[] = [];
  const running = new Map<string, number>();
  let state: RankReport['state'] = 'working';
  let failure: unknown;
  const leaving = new AbortController();
  const own = runJobs(shareOfJobs(jobs, { index: group.rank + 1, count: group.worldSize }), {
    ...options,
    signal: signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
    onProgress: ({ name }, share) => void running.set(name, share),
    async onResult({ name }, result) {
      finished.push({ name, result });
      running.delete(name);
    },
  }).then(
    () => {
      state = 'done';
    },
    (error) => {
      failure = error;
      state = signal?.aborted && error === signal.reason ? 'stopped' : 'failed';
    },
  );
  const byName = new Map(jobs.map((job) => [job.name, job]));
  try {
    for (;;) {
      const report: RankReport = { state, running, finished: finished.splice(0) };
      const all = await group.allGather(report);
      if (group.rank === 0) await take(all, byName, options);
      if (report.state === 'failed' || report.state === 'stopped') throw failure;
      if (all.every((other) => other.state === 'done')) return;
      await sleep(EXCHANGE_MS);
      const stopped = all.findIndex((other) => other.state === 'stopped');
      if (stopped < 0) continue;
      signal?.throwIfAborted();
      throw new RankStoppedError(stopped);
    }
  } finally {
    leaving.abort();
    await own;
  }
}

/** Rank 0: takes what the ranks report. */
async function take(
  reports: readonly RankReport[],
  jobs: ReadonlyMap<string, FoldJob>,
  { onProgress, onResult }: RunJobsOptions,
): Promise<void> {
  for (const { finished, running } of reports) {
    for (const { name, result } of finished) await onResult(jobs.get(name)!, result);
    for (const [name, share] of running) onProgress(jobs.get(name)!, share);
  }
}
