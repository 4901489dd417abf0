import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { InstallInterrupted, StepImpossible } from './errors.js';
import type { Job } from './job.js';

/** A lock that its owner has not renewed for this long was left by a process that was killed. */
const STALE_MS = 8_000;
const POLL_MS = 250;

/**
 * Runs `work` while no other process installs into this cache. One that comes second says so and waits.
 *
 * @param work gets a signal that is aborted on request and also when the lock is lost (a laptop that slept, say)
 */
export async function withLock<T>(job: Job, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const lost = new AbortController();
  const release = await acquire(job, lost);
  const signal = job.signal ? AbortSignal.any([job.signal, lost.signal]) : lost.signal;
  try {
    return await work(signal);
  } catch (error) {
    if (!lost.signal.aborted || job.signal?.aborted) throw error;
    throw new StepImpossible('another process took over the cache while this one was held up', {
      fix: 'Run the command again.',
      cause: error,
    });
  } finally {
    if (!lost.signal.aborted) await release().catch(() => {});
  }
}

async function acquire(job: Job, lost: AbortController): Promise<() => Promise<void>> {
  for (let told = false; ; ) {
    try {
      return await lock(job.layout.root, {
        lockfilePath: join(job.layout.root, 'install.lock'),
        stale: STALE_MS,
        update: STALE_MS / 4,
        onCompromised: () => lost.abort(),
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

/** Removes what interrupted runs left behind. Only for the holder of the lock. */
export async function sweep(job: Job): Promise<void> {
  // A child of a killed run may still be writing there; the next sweep gets what this one could not.
  await rm(job.layout.tmp, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
}
