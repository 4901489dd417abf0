import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { InstallInterrupted } from './errors.js';
import type { Job } from './job.js';

/** A lock that was not renewed for this long belongs to a killed process. */
const STALE_MS = 5_000;
const POLL_MS = 250;

/**
 * Runs `work` while no other process installs into this cache; a second process reports that it waits.
 *
 * The lock avoids double work; it is not needed for safety, because everything is made in a temporary folder and moved to its
 * place in one step. proper-lockfile and not the folder lock of @fin/files: that one refuses instead of waiting, and never takes
 * over the lock of another host.
 */
export async function withLock<T>(job: Job, work: () => Promise<T>): Promise<T> {
  const release = await acquire(job);
  try {
    return await work();
  } finally {
    await release().catch(() => {});
  }
}

async function acquire(job: Job): Promise<() => Promise<void>> {
  for (let told = false; ; ) {
    try {
      return await lock(job.layout.root, {
        lockfilePath: join(job.layout.root, 'install.lock'),
        stale: STALE_MS,
        update: STALE_MS / 4,
        onCompromised: () => {},
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    }
    if (!told) {
      told = true;
      job.report({
        kind: 'step',
        text: 'waiting for another process that installs into the same cache (or was stopped a moment ago)',
      });
    }
    await sleep(POLL_MS, undefined, { signal: job.signal }).catch(() => {
      throw new InstallInterrupted('stopped');
    });
  }
}
