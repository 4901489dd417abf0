import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { InstallInterrupted } from './errors.js';
import type { Job } from './job.js';

/** A lock that its owner has not renewed for this long was left by a process that was killed. */
const STALE_MS = 5_000;
const POLL_MS = 250;

/**
 * Runs `work` while no other process installs into this cache. One that comes second says so and waits.
 *
 * The lock spares work, it does not keep the cache sound: a process that loses it (a laptop that slept, say) may go on,
 * since everything is made in a folder of its own and moved into place whole.
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
