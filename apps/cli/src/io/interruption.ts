import process from 'node:process';
import { ExitCode } from './io.js';

/** The command was stopped by a signal. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly kind = 'interrupted';
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, detail: string) {
    super(`stopped by ${signal}${detail}`);
    this.exitCode = signal === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted;
  }
}

/**
 * Runs work with an `AbortSignal` that aborts on Ctrl-C or SIGTERM. The work stops at its next safe place. A Ctrl-C after that ends the
 * process at once. Further SIGTERM do nothing: a batch system sends it to every process of a job, and the job's script passes it on.
 *
 * @param detail asked when the work has stopped; its text is appended to the message
 * @throws {InterruptedError} after a signal, even if the work returned a result or threw another error
 */
export async function interruptible<T>(
  detail: () => string | Promise<string>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (received && signal === 'SIGINT') process.exit(ExitCode.interrupted);
    received ??= signal;
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const result = await work(controller.signal);
    if (received) throw new InterruptedError(received, await detail());
    return result;
  } catch (error) {
    // A launcher that has noticed a lost rank sends a signal to the others; the loss explains it.
    const isLoss = (error as Error).name === 'LostRankError';
    if (received && !isLoss && !(error instanceof InterruptedError))
      throw new InterruptedError(received, await detail());
    throw error;
  } finally {
    process.off('SIGINT', stop);
    if (received !== 'SIGTERM') process.off('SIGTERM', stop); // else one that is sent again would end the process before its last steps
  }
}
