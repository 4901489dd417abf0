import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically as replaceFile } from '@fin/runtime/safetensors';
import { asFileError } from './file-error.js';

/** What a file can be made of; pieces are written one after the other, so that a large file need not be in memory whole. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Names of files that were being written when their process ended. */
export const TEMPORARY_NAME: RegExp = /^\..+\.\d+-[0-9a-f-]{36}\.tmp$/;

/**
 * Writes a file so that its name never shows anything but the old content or the whole new one, whatever happens to the
 * process or the machine: temporary name in the same folder, fsync, rename, fsync of the folder. Makes missing folders.
 *
 * @throws {RunFileError} when it cannot be written; what was written so far is gone then
 */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await replaceFile(path, async (append) => {
      for await (const piece of pieces(content)) await append(piece);
    });
  } catch (error) {
    throw asFileError(path, error);
  }
}

/** Makes a folder and those above it, and sees to it that their names survive a power cut. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder))
    await syncFolder(dirname(folder));
}

/** Makes what was renamed into or removed from a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there, and renames are journalled
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function pieces(content: FileContent): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}
