import { InterruptedError, interruptible } from './io/interruption.js';
import type { Io } from './io/io.js';
import { howToResume, runIn } from './unfinished-run.js';

/**
 * Runs work that writes a run, stops it in order on a signal, and says how to go on with the run when it did not come to its end.
 *
 * @throws {InterruptedError} when a signal came, and what the work throws
 */
export async function resumable<T>(
  runDir: string,
  io: Io,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await interruptible(() => whatIsLeft(runDir), work);
  } catch (error) {
    if (!(error instanceof InterruptedError) && runIn(runDir) === 'unfinished') {
      const note = noteOn(error as Error, runDir);
      if (note) io.stderr.write(`note: ${note}\n`);
    }
    throw error;
  }
}

function whatIsLeft(runDir: string): string {
  const run = runIn(runDir);
  if (run === 'unfinished') return `; go on with: ${howToResume(runDir)}`;
  return run === 'finished' ? `; the run in ${runDir} is finished` : '; no run was written';
}

function noteOn({ name, kind }: Error & { readonly kind?: string }, runDir: string): string | null {
  if (name === 'DamagedFileError') {
    return `from the last checkpoint that is whole: ${howToResume(runDir, ' last-good')}`;
  }
  if (name === 'RunExistsError') return `go on with it: ${howToResume(runDir)}`;
  if (name === 'FolderLockedError' || kind === 'input') return null;
  return `the run is kept; go on with: ${howToResume(runDir)}`;
}
