import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder, syncFolder, temporaryPath } from './atomic-file.js';
import { FileInputError } from './errors.js';

/**
 * Writes a folder atomically: it appears with all of its content, or not at all. The files are written to a temporary folder next
 * to it, which is then renamed.
 *
 * @param dir a folder that does not exist yet, or is empty
 * @param write writes the files into the given temporary folder; when it throws, the folder is deleted
 * @throws {FileInputError} when the folder is not empty, or is a file
 */
export async function writeFolderAtomically(
  dir: string,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const target = resolve(dir);
  await requireEmptyFolder(target);
  await makeFolder(dirname(target));
  const temporary = temporaryPath(target);
  await mkdir(temporary);
  try {
    await write(temporary);
    await rmdir(target).catch(ignoreMissing);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the cause matters more than a leftover
    throw error;
  }
  await syncFolder(dirname(target));
}

/** @throws {FileInputError} unless the folder does not exist or is empty */
export async function requireEmptyFolder(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new FileInputError(dir, 'exists and is not a folder; choose another name', { cause: error });
  });
  if (names.length > 0) {
    throw new FileInputError(dir, `is not empty (there is "${names[0]}"); choose another folder`);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
