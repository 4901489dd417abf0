import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { refuseUnfinished } from './unfinished-run.js';

/** Folder under which runs are made when no other is named. */
const RUNS = 'runs';

/** A run folder was named, or looked for, and is not there. */
export class NoRunError extends Error {
  readonly kind = 'input';
}

/** Folder of fine-tuning runs, which `fin evaluate` and others must not take for the newest run. */
const TUNING_RUNS: string = join(RUNS, 'sentiment');

/** A start in UTC as a name, so that names sort by age. */
const startName = (now: Date): string => now.toISOString().slice(0, 19).replace(/[:T]/g, '-');

export const newRunFolder = (now: Date = new Date()): string => join(RUNS, startName(now));

export const newTuningFolder = (now: Date = new Date()): string => join(TUNING_RUNS, startName(now));

/** The run folder that `--run` names, or the newest finished one under `runs/`. */
export async function chooseRun(run: string | undefined): Promise<string> {
  if (run === undefined) {
    const { newestRun } = await import('@fin/report');
    return newestRun(RUNS);
  }
  const { runFiles } = await import('@fin/forecast');
  if (!existsSync(join(run, runFiles.config))) {
    throw new NoRunError(
      `${run} is not a run folder (it has no ${runFiles.config}): give the folder that \`fin train\` wrote.`,
    );
  }
  refuseUnfinished(run);
  return run;
}
