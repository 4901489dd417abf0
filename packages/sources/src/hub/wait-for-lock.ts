import { setTimeout as sleep } from 'node:timers/promises';
import type { FolderLock } from '@fin/files';
import { FolderLockedError, lockFolder } from '@fin/files';

/** Time between two looks at a lock. A random part is added, so that two that wait do not meet each time. */
const LOOK_MS = 250;

/** Longer than any wait between two tries of a download. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Locks a folder, after another process that holds the lock.
 *
 * @param progress text that changes while the other process works
 * @param onWait told once, when there is something to wait for
 * @throws {FolderLockedError} when the other process has done nothing for ten minutes; the message says what to do
 */
export async function waitForLock(
  folder: string,
  {
    progress,
    onWait,
    signal,
  }: {
    readonly progress: () => Promise<string>;
    readonly onWait: (text: string) => void;
    readonly signal?: AbortSignal;
  },
): Promise<FolderLock> {
  let seen: string | null = null;
  let since = 0;
  for (;;) {
    try {
      return await lockFolder(folder);
    } catch (error) {
      if (!(error instanceof FolderLockedError)) throw error;
      const now = await progress();
      if (seen === null) onWait(error.message);
      else if (now === seen && performance.now() - since > PATIENCE_MS) throw error;
      if (now !== seen) since = performance.now();
      seen = now;
      await sleep(LOOK_MS * (1 + Math.random()), undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}
