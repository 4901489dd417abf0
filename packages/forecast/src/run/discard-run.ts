import { rm } from 'node:fs/promises';
import type { RunFolder } from '@fin/train';

/** Removes a run that will not be finished. */
export async function discardRun(run: RunFolder): Promise<void> {
  await run.close();
  await rm(run.dir, { recursive: true, force: true });
}
