import { readdir } from 'node:fs/promises';
import type { RunFolder } from './run-folder.js';

/** Folder of a run that is there while the run is unfinished: what it can be resumed from. */
export const CHECKPOINTS = 'checkpoints';

/** Whether a run has a checkpoint to resume from. */
export async function hasCheckpoints(run: RunFolder): Promise<boolean> {
  const names = await readdir(run.path(CHECKPOINTS)).catch(() => []);
  return names.some((name) => name.startsWith('step-'));
}
