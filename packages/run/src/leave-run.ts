import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hasCheckpoints } from './checkpoints.js';
import type { RunKind } from './last-file.js';
import { lastFile } from './last-file.js';
import type { RunFolder } from './run-folder.js';

/**
 * Closes a run that was not finished, and removes it if it began just now and there is nothing in it to go on from.
 *
 * @param resumed whether it was there before
 */
export async function leaveRun(run: RunFolder, kind: RunKind, resumed: boolean): Promise<void> {
  await run.close();
  const keep = resumed || existsSync(run.path(lastFile[kind])) || (await hasCheckpoints(run));
  if (!keep) await rm(run.dir, { recursive: true, force: true });
}
