import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord, RunSource } from '@fin/run';
import { readRunRecord } from '@fin/run';
import { finCommand } from './io/escape.js';
import { InterruptedError, interruptible } from './io/interruption.js';
import type { Terminal } from './io/terminal.js';
import type { MarketChoice } from './market.js';

/** Default folder for new runs. */
export const RUNS = 'runs';

/** Folder of fine-tuning runs, apart from the others so that none is taken for the newest run to evaluate. */
export const TUNING_RUNS: string = join(RUNS, 'sentiment');

/** Path for a new run, named after its start in UTC, so that names sort by age. */
export function newRunFolder(parent: string, now: Date = new Date()): string {
  return join(parent, now.toISOString().slice(0, 19).replace(/[:T]/g, '-'));
}

/** There is no run to use, or it is not finished. */
export class RunChoiceError extends Error {
  readonly kind = 'input';
}

/** The run folder that `--run` names, or the newest finished one under `runs/`. */
export async function chooseRun(run: string | undefined): Promise<string> {
  if (run === undefined) {
    const { newestRun } = await import('@fin/report');
    return newestRun(RUNS);
  }
  const { runFiles } = await import('@fin/forecast');
  if (!existsSync(join(run, runFiles.config))) {
    throw new RunChoiceError(
      `${run} is not a run folder (it has no ${runFiles.config}): give the folder that \`fin train\` wrote.`,
    );
  }
  refuseUnfinished(run);
  return run;
}

/** The market that a run was trained on, from the `source` in its `config.json`. */
export function marketOfSource({ data, signal }: RunSource): MarketChoice {
  return {
    data: typeof data === 'string' ? data : undefined,
    signal: typeof signal === 'number' ? signal : undefined,
  };
}

/** The run in a folder; null where there is none that can be recognised. */
function runIn(dir: string): RunRecord | null {
  try {
    return readRunRecord(dir);
  } catch {
    return null;
  }
}

/** The command that resumes an unfinished run. */
export function howToResume(dir: string, from: readonly string[] = []): string {
  return finCommand(
    runIn(dir)?.kind === 'sentiment-tuning' ? 'finetune' : 'train',
    '--run',
    dir,
    '--resume',
    ...from,
  );
}

/** @throws {RunChoiceError} when there is a run in the folder that was not finished */
export function refuseUnfinished(dir: string): void {
  if (runIn(dir)?.finished !== false) return;
  throw new RunChoiceError(
    `the run in ${dir} is unfinished: it was interrupted, or is still being trained. Resume it with: ${howToResume(dir)}`,
  );
}

/**
 * Runs work that writes a run. On a signal, the work stops cleanly. If the run is unfinished, the message says how to resume it.
 *
 * @throws {InterruptedError} after a signal; errors of the work are passed on
 */
export async function resumable<T>(
  runDir: string,
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await interruptible(() => whatIsLeft(runDir), work);
  } catch (error) {
    if (!(error instanceof InterruptedError) && runIn(runDir)?.resumable) {
      const advice = adviceOn(error as Error, runDir);
      if (advice) terminal.line(`note: ${advice}`);
    }
    throw error;
  }
}

function whatIsLeft(runDir: string): string {
  const run = runIn(runDir);
  if (run?.resumable) return `; resume with: ${howToResume(runDir)}`;
  return run ? `; the run in ${runDir} is finished` : '; no run was written';
}

function adviceOn({ name, kind }: Error & { readonly kind?: string }, runDir: string): string | null {
  if (name === 'DamagedFileError') {
    return `resume from the last undamaged checkpoint: ${howToResume(runDir, ['last-good'])}`;
  }
  if (name === 'RunExistsError') return `resume it with: ${howToResume(runDir)}`;
  if (name === 'FolderLockedError' || kind === 'input') return null;
  return `the run is kept; resume with: ${howToResume(runDir)}`;
}

/** Describes where a resumed run continues. */
export function resumeText(event: {
  readonly done: number;
  readonly total: number;
  readonly epoch: number;
  readonly note: string | null;
}): string {
  const { done, total, epoch, note } = event;
  const place =
    done === 0
      ? 'there is no checkpoint yet: training starts at the beginning'
      : `resuming after update ${done} of ${total} (epoch ${epoch.toFixed(2)})`;
  return note === null ? place : `${place}; last digits may differ: ${note}`;
}
