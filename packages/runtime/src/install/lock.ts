import { setTimeout as sleep } from 'node:timers/promises';
import { InstallInterrupted } from './errors.js';
import type { Job } from './job.js';

/** A lock that was not renewed for this long belongs to a killed process. */
const STALE_MS = 5_000;
const POLL_MS = 250;

/** One lock of a cache. */
export interface CacheLock {
  /** Its place without the ending: the lock is the folder `<path>.lock`. */
  readonly path: string;
  /** Who holds it, for the message of those who wait: "another process that ...". */
  readonly holder: string;
}

/**
 * Runs `work` while no other process holds this lock; a second process reports that it waits. The installation has one lock and each
 * addon has its own, because they need not wait for each other.
 *
 * The lock avoids double work; it is not needed for safety, because everything is made in a temporary folder and moved to its
 * place in one step. proper-lockfile and not the folder lock of @fin/files: that one refuses instead of waiting, and never takes
 * over the lock of another host.
 */
export async function withLock<T>(job: Job, wanted: CacheLock, work: () => Promise<T>): Promise<T> {
  const release = await acquire(job, wanted);
  try {
    return await work();
  } finally {
    await release().catch(() => {});
  }
}

async function acquire(job: Job, { path, holder }: CacheLock): Promise<() => Promise<void>> {
  const { lock } = await import('proper-lockfile');
  for (let told = false; ; ) {
    try {
      return await lock(path, {
        // The path names the lock; there is no file of that name.
        realpath: false,
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
        text: `waiting for another process that ${holder} (or was stopped a moment ago)`,
      });
    }
    await sleep(POLL_MS, undefined, { signal: job.signal }).catch(() => {
      throw new InstallInterrupted('stopped');
    });
  }
}
