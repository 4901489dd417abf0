import process from 'node:process';
import type { WorkerReply, WorkerRequest } from './worker-messages.js';

/** Milliseconds between two reports of progress. */
const PROGRESS_MS = 500;

/** The work of a worker. */
export interface WorkerProgram<Start, Input, Result> {
  /** Called once, with the options of the parent process. */
  start(options: Start): Promise<void>;
  /** Does one job. Reports the share that is done, from 0 to 1. */
  run(input: Input, onProgress: (share: number) => void): Promise<Result>;
}

/** Makes this process the other end of a `WorkerProcess`: it does one job after another, as the parent process asks. */
export function serveJobs<Start, Input, Result>(program: WorkerProgram<Start, Input, Result>): void {
  // Ctrl-C reaches all processes of a terminal at once, and SIGTERM all of a batch job. The parent ends this one when its own work has
  // stopped.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', () => process.exit());
  let last: Promise<unknown> = Promise.resolve();
  process.on('message', (request: WorkerRequest) => {
    last = last.then(async () => {
      try {
        if (request.kind === 'start') await program.start(request.options as Start);
        else reply({ kind: 'done', result: await program.run(request.input as Input, reporter()) });
      } catch (cause) {
        const { message, stack, kind } = cause as Error & { readonly kind?: string };
        reply({ kind: 'failed', error: { message, stack: String(stack), kind } });
      }
    });
  });
}

function reporter(): (share: number) => void {
  let last = Number.NEGATIVE_INFINITY;
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
