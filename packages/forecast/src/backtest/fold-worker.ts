import process from 'node:process';
import { loadKernels } from '@fin/kernels';
import type { BackendName } from '@fin/runtime';
import { loadTensorFlow } from '@fin/runtime';
import type { FoldForecast, FoldInput } from './fold-job.js';
import { forecastFold } from './fold-job.js';

/** How a worker computes. */
export interface WorkerStart {
  readonly backend: BackendName;
  /** Whether to load the fused ops of @fin/kernels: the same as in the parent process, since they may draw other dropout masks. */
  readonly fusedOps: boolean;
  /** Threads of each op. */
  readonly threads: number;
}

/** Message to a worker. */
export type WorkerRequest =
  | ({ readonly kind: 'start' } & WorkerStart)
  | { readonly kind: 'fold'; readonly input: FoldInput };

/** Message from a worker. */
export type WorkerReply =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly result: FoldForecast }
  | { readonly kind: 'failed'; readonly error: WorkerError };

/** An error of a worker, as plain data. */
export interface WorkerError {
  readonly message: string;
  readonly stack: string;
  /** `kind` of the error: 'input', 'environment', or undefined for an unexpected one. */
  readonly kind: string | undefined;
}

/** Milliseconds between two reports of progress. */
const PROGRESS_MS = 500;

// A process of `FoldWorker`: forecasts one fold after another, as the parent process asks.
// Ctrl-C reaches all processes of a terminal at once. The parent ends this one when its own work has stopped.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
let started: Promise<unknown> = Promise.resolve();
process.on('message', (request: WorkerRequest) => {
  started = started.then(async () => {
    try {
      if (request.kind === 'start') await start(request);
      else reply({ kind: 'done', result: await forecastFold(request.input, reporter()) });
    } catch (cause) {
      const error = cause as Error & { readonly kind?: string };
      reply({
        kind: 'failed',
        error: { message: error.message, stack: String(error.stack), kind: error.kind },
      });
    }
  });
});

async function start({ backend, fusedOps, threads }: WorkerStart): Promise<void> {
  await loadTensorFlow({ backend });
  if (fusedOps) await loadKernels({ threads });
}

function reporter(): (share: number) => void {
  let last = 0;
  return (share) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    reply({ kind: 'progress', share });
  };
}

function reply(message: WorkerReply): void {
  process.send?.(message);
}
