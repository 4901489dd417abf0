import process from 'node:process';
import { ExitCode } from './exit-codes.js';

/** A signal asked the command to stop, and it has. */
export class InterruptedError extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, detail: string) {
    super(`stopped by ${signal}${detail}`);
    this.name = 'InterruptedError';
    this.exitCode = signal === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted;
  }
}

/**
 * Runs `work` with a signal that aborts on Ctrl-C or SIGTERM. The work stops at its next safe place; a second Ctrl-C ends the
 * process at once.
 *
 * @param detail what to say of it, asked when the work has stopped
 * @throws {InterruptedError} when a signal came, whatever the work returned or threw
 */
export async function interruptible<T>(
  detail: () => string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (received) process.exit(ExitCode.interrupted);
    received = signal;
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const result = await work(controller.signal);
    if (received) throw new InterruptedError(received, detail());
    return result;
  } catch (error) {
    if (received) throw new InterruptedError(received, detail());
    throw error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
