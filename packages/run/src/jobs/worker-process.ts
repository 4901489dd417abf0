import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import process from 'node:process';
import type { WorkerReply, WorkerRequest } from './worker-messages.js';

/** Characters of a worker's stderr to keep, for the message when it ends unexpectedly. */
const KEPT_STDERR = 2000;

/** Options of {@link WorkerProcess}. */
export interface WorkerProcessOptions {
  /** Path of the program, which calls `serveJobs`. */
  readonly program: string;
  /** Argument of the program's `start`. */
  readonly start: unknown;
  /** Environment variables. Those of this process win. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Settings of one job. */
export interface WorkerJobOptions {
  /** Called with the share that is done, from 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** Stops waiting for the job; then rejects with `signal.reason`. Call {@link WorkerProcess.stop} next. */
  readonly signal?: AbortSignal;
}

/** A process that does jobs, one at a time. Input and result are plain data. */
export class WorkerProcess<Input, Result> {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #stderr = '';

  constructor({ program, start, env = {} }: WorkerProcessOptions) {
    this.#child = fork(program, [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...env, ...process.env },
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
    this.#send({ kind: 'start', options: start });
  }

  /**
   * Does a job in the process.
   *
   * @throws an error with the message and `kind` of the program's, or of kind 'environment' when the process ended
   */
  async run(input: Input, { onProgress, signal }: WorkerJobOptions): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onReply = (reply: WorkerReply): void => {
        if (reply.kind === 'progress') {
          onProgress(reply.share);
          return;
        }
        settle();
        if (reply.kind === 'done') resolve(reply.result as Result);
        else reject(Object.assign(new Error(reply.error.message), reply.error));
      };
      const onAbort = (): void => {
        settle();
        reject(signal!.reason);
      };
      const settle = (): void => {
        this.#child.off('message', onReply);
        signal?.removeEventListener('abort', onAbort);
      };
      this.#child.on('message', onReply);
      signal?.addEventListener('abort', onAbort);
      void this.#ended.then((how) => {
        settle();
        const said = this.#stderr.trim();
        const message = `its process ended ${how}${said && `, and wrote: ${said}`}`;
        reject(Object.assign(new Error(message), { kind: 'environment' }));
      });
      this.#send({ kind: 'job', input });
    });
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #send(request: WorkerRequest): void {
    this.#child.send(request, () => {}); // that the process has ended is reported by its end
  }
}
