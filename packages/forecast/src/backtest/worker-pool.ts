import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { FoldForecast, FoldJob } from './fold-job.js';
import { forecastFold, inputOf } from './fold-job.js';
import type { WorkerReply, WorkerRequest, WorkerStart } from './fold-worker.js';

/** Compiled program of a worker. */
const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@fin/forecast/package.json')),
  'dist/backtest/fold-worker.js',
);

/** Characters of a worker's stderr to keep, for the message when it ends unexpectedly. */
const KEPT_STDERR = 2000;

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
  /** Stops all work; the error is the signal's reason. */
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
    const worker = options.workers === 0 ? IN_THIS_PROCESS : new FoldWorker(options);
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

/** A process that forecasts folds. */
class FoldWorker implements Forecasts {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #stderr = '';

  constructor({ threads, backend, fusedOps }: WorkerStart) {
    this.#child = fork(PROGRAM, [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        TF_NUM_INTRAOP_THREADS: String(threads),
        TF_NUM_INTEROP_THREADS: '1',
        OMP_NUM_THREADS: String(threads),
        ...process.env,
      },
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr = (this.#stderr + String(chunk)).slice(-KEPT_STDERR);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) =>
        resolve(signal === null ? `with exit code ${code}` : `by ${signal}`),
      );
    });
    this.#send({ kind: 'start', backend, fusedOps, threads });
  }

  async forecast(
    job: FoldJob,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<FoldForecast> {
    return new Promise((resolve, reject) => {
      const onReply = (reply: WorkerReply): void => {
        if (reply.kind === 'progress') {
          onProgress(reply.share);
          return;
        }
        settle();
        if (reply.kind === 'done') resolve(reply.result);
        else reject(Object.assign(new Error(reply.error.message), reply.error));
      };
      const onAbort = (): void => {
        settle();
        reject(signal.reason);
      };
      const settle = (): void => {
        this.#child.off('message', onReply);
        signal.removeEventListener('abort', onAbort);
      };
      this.#child.on('message', onReply);
      signal.addEventListener('abort', onAbort);
      void this.#ended.then((how) => {
        settle();
        const said = this.#stderr.trim();
        const message = `its process ended ${how}${said && `, and wrote: ${said}`}`;
        reject(Object.assign(new Error(message), { kind: 'environment' }));
      });
      this.#send({ kind: 'fold', input: inputOf(job) });
    });
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #send(request: WorkerRequest): void {
    this.#child.send(request, () => {}); // that the process has ended is reported by its end
  }
}
