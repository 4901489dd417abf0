import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from './atomic-file.js';
import type { ProcessIdentity } from './process-identity.js';
import { isCertainlyGone, ownIdentity } from './process-identity.js';
import { readSmallTextSync } from './regular-file.js';

const PREFIX = '.lock-';

/** Whether a file name is the name of a lock. */
export function isLockFile(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Another process is writing to this folder, or may be. */
export class FolderLockedError extends Error {
  readonly kind = 'environment';
  readonly holder: ProcessIdentity | null;

  constructor(folder: string, lockFile: string, holder: ProcessIdentity | null) {
    const who = holder
      ? `process ${holder.pid} on ${holder.host} since ${holder.since}`
      : 'a process that left an unreadable lock';
    super(
      `${folder} is being written by ${who}. Wait for it, or choose another folder; if that process is certainly gone, delete ${lockFile}`,
    );
    this.name = new.target.name;
    this.holder = holder;
  }
}

/** Lock on a folder, held until {@link release}. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only writer of a folder.
 *
 * Each process first writes a lock file of its own and only then looks for the files of others. Of two processes that start at
 * the same time, at least one sees the other and gives up; both may give up, but never both continue. No process takes over the
 * file of another, so a live lock cannot be stolen. A lock file whose process has certainly ended is removed.
 *
 * @throws {FolderLockedError} when another process holds the lock
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const own = `${PREFIX}${randomUUID()}`;
  const identity = await ownIdentity();
  await writeFileAtomically(join(folder, own), `${JSON.stringify(identity)}\n`);
  const release = () => rm(join(folder, own), { force: true });
  try {
    for (const name of await readdir(folder)) {
      if (!isLockFile(name) || name === own) continue;
      const path = join(folder, name);
      const text = readSmallTextSync(path);
      if (text === null) continue; // released between the two looks
      const holder = parseIdentity(text);
      if (!holder || !(await isCertainlyGone(holder, identity)))
        throw new FolderLockedError(folder, path, holder);
      await rm(path, { force: true });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

function parseIdentity(text: string): ProcessIdentity | null {
  try {
    const value = JSON.parse(text) as ProcessIdentity;
    return Number.isInteger(value.pid) && typeof value.host === 'string' ? value : null;
  } catch {
    return null;
  }
}
