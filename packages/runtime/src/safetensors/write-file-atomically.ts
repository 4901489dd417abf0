import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What some systems answer when a folder is to be synced: they have no such thing, and nothing is lost by it. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'EPERM', 'EISDIR', 'EACCES', 'ENOTSUP', 'EBADF']);

/** Appends to the file being written. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes a file so that its path holds either what it held before or all of the new content, whatever happens on the way:
 * under a name of its own in the same folder, synced, renamed, and the folder synced.
 *
 * @param write writes the content, piece by piece; what it throws leaves the old file as it was
 */
export async function writeFileAtomically(
  file: string,
  write: (append: Append) => Promise<void>,
): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${process.pid}-${randomUUID()}.tmp`);
  const handle = await open(temporary, 'wx');
  try {
    try {
      await write((bytes) => appendAll(handle, bytes));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function appendAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written);
    written += bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
