import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './write-file-atomically.js';

/**
 * Deletes a file or folder so that its name shows all of it or nothing: it gets a temporary name first, under which the rest of
 * a deletion that was cut off can be told. Nothing is done where there is nothing.
 */
export async function removeAtomically(path: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${randomUUID()}.tmp`);
  try {
    await rename(path, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await syncFolder(dirname(path));
  await rm(temporary, { recursive: true, force: true });
}
