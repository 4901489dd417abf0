import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { WorkerProcess } from '@fin/run';
import type { FoldForecast, FoldInput, FoldJob } from './fold-job.js';
import { forecastFold, inputOf } from './fold-job.js';
import type { WorkerStart } from './fold-worker.js';

/** Compiled program of a worker. */
const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@fin/forecast/package.json')),
  'dist/backtest/fold-worker.js',
);

/** A job failed. The message names fold and seed. */
export class FoldError extends Error {
  override readonly name = 'FoldError';
  /** `kind` of the cause. */
  readonly kind: string | undefined;
  /** Index of the fold, from 0. */
  readonly fold: number;
  /** Seed of the training. */
  readonly seed: number;

  constructor(job: FoldJob, cause: Error & { readonly kind?: string }) {
    const { test, validation } = job.split;
    const day = (test[0] ?? validation[0]).targetDate;
    super(`fold ${job.fold} (from ${day}), seed ${job.settings.seed}: ${cause.message}`, { cause });
    this.kind = cause.kind;
    this.fold = job.fold;
    this.seed = job.settings.seed;
    if (cause.kind === undefined) this.stack = cause.stack;
  }
}

/** Options of {@link runJobs}. */
export interface RunJobsOptions extends WorkerStart {
  /** Number of processes; 0 does the work in this one. */
  readonly workers: number;
  /** Stops all work; then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Called with the progress of a running job, from 0 to 1. */
  readonly onProgress: (job: FoldJob, share: number) => void;
  /** Called with each result. The next job of that process waits for it. */
  readonly onResult: (job: FoldJob, result: FoldForecast) => Promise<void>;
}

/**
 * Does jobs in several processes, each one job after another. Results do not depend on the number of processes.
 *
 * @throws {FoldError} with the first failure; the other processes are stopped
 */
export async function runJobs(jobs: readonly FoldJob[], options: RunJobsOptions): Promise<void> {
  const queue = [...jobs];
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  const work = async (): Promise<void> => {
    const worker = options.workers === 0 ? IN_THIS_PROCESS : foldWorker(options);
    try {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        const current = job;
        signal.throwIfAborted();
        const result = await worker
          .forecast(current, (share) => options.onProgress(current, share), signal)
          .catch((error: Error) => {
            throw signal.aborted ? signal.reason : new FoldError(current, error);
          });
        await options.onResult(current, result);
      }
    } catch (error) {
      failure.abort(error);
    } finally {
      await worker.stop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(1, options.workers), jobs.length) }, work));
  signal.throwIfAborted();
}

/** Something that forecasts folds, one at a time. */
interface Forecasts {
  forecast(job: FoldJob, onProgress: (share: number) => void, signal: AbortSignal): Promise<FoldForecast>;
  stop(): Promise<void>;
}

const IN_THIS_PROCESS: Forecasts = {
  forecast: (job, onProgress, signal) => forecastFold(inputOf(job), onProgress, signal),
  async stop() {},
};

function foldWorker({ threads, backend, fusedOps }: WorkerStart): Forecasts {
  const start: WorkerStart = { threads, backend, fusedOps };
  const worker = new WorkerProcess<FoldInput, FoldForecast>({
    program: PROGRAM,
    start,
    env: {
      TF_NUM_INTRAOP_THREADS: String(threads),
      TF_NUM_INTEROP_THREADS: '1',
      OMP_NUM_THREADS: String(threads),
    },
  });
  return {
    forecast: (job, onProgress, signal) => worker.run(inputOf(job), { onProgress, signal }),
    stop: () => worker.stop(),
  };
}
