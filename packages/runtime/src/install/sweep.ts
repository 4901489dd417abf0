import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CacheLayout } from './cache-layout.js';

/** A folder of a process that cannot be asked for, on another host or with a number used again, is left this long. */
const KEEP_MS = 24 * 60 * 60_000;

/** Tells who works there: `<label>@<host>@<process>@<random>`. */
export function workFolderName(label: string): string {
  return [label, hostname(), process.pid, randomUUID().slice(0, 8)].join('@');
}

/**
 * Removes the work folders that interrupted runs left behind. One whose process still runs stays, even where that process
 * has lost the lock (a laptop that slept, say).
 */
export async function sweep({ tmp }: CacheLayout): Promise<void> {
  for (const name of await readdir(tmp).catch(() => [])) {
    const dir = join(tmp, name);
    const [, host, pid] = name.split('@');
    const abandoned = host === hostname() && !runsElsewhere(Number(pid));
    // A child of the killed run may still be writing there; the next sweep gets what this one could not.
    if (abandoned || (await isOld(dir))) {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    }
  }
}

/** Of this process itself nothing is there yet: what bears its number is from one before. */
function runsElsewhere(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isOld(dir: string): Promise<boolean> {
  return stat(dir).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > KEEP_MS,
    () => false,
  );
}
