import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { asFileWriteError } from './errors.js';

/** Content of a file. Pieces are written one after the other, so that a large file never has to be in memory as a whole. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Matches the names that {@link temporaryPath} makes. Such files are leftovers of a process that ended while writing. */
export const TEMPORARY_NAME: RegExp = /^\..+\.\d+-[0-9a-f-]{36}\.tmp$/;

/** Makes a unique temporary path in the folder of `path`, for a file that is renamed to `path` later. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${randomUUID()}.tmp`);
}

/**
 * Writes a file atomically: after a crash or a power cut it has either the old content or all of the new content. Steps:
 * temporary file in the same folder, fsync, rename, fsync of the folder. Missing folders are made.
 *
 * @throws {FileWriteError} when the file cannot be written; the old content is kept
 */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  try {
    await makeFolder(dirname(path));
  } catch (error) {
    throw asFileWriteError(path, error);
  }
  await replaceFile(path, content);
}

/** Like {@link writeFileAtomically}, but the folder must exist. */
export async function replaceFile(path: string, content: FileContent): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeAndSync(temporary, content);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the cause matters more than a leftover
    throw asFileWriteError(path, error);
  }
}

async function writeAndSync(path: string, content: FileContent): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for await (const piece of pieces(content)) await writeAll(handle, piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written);
    written += bytesWritten;
  }
}

function pieces(content: FileContent): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/**
 * Makes a folder and its missing parents, and syncs each new folder's entry to the disk.
 *
 * @returns the topmost new folder; undefined when all existed already
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const folder = resolve(path);
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return undefined;
  const top = dirname(first);
  for (let made = folder; made !== top && made !== dirname(made); made = dirname(made)) {
    await syncFolder(dirname(made));
  }
  return first;
}

/** Errors of systems that cannot sync a folder. They can be ignored: these systems journal renames, or have no such concept. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'EPERM', 'EISDIR', 'EACCES', 'ENOTSUP', 'EBADF']);

/** Makes renames and removals in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there, and renames are journalled
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * Deletes a file or folder atomically: it is renamed to a temporary name first. After an interruption it is either complete or
 * gone, and the leftovers are recognised by their name. Does nothing if the path does not exist.
 */
export async function removeAtomically(path: string): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await rename(path, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await syncFolder(dirname(path));
  await rm(temporary, { recursive: true, force: true });
}
