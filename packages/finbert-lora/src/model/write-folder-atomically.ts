import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BertInputError } from '../errors.js';

/**
 * Makes a folder whose name shows nothing or all of its content: written beside it under another name, then renamed.
 *
 * @param write puts the files into the folder it is given; what it throws leaves nothing behind
 * @throws BertInputError when there is something under that name already
 */
export async function writeFolderAtomically(
  dir: string,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const target = resolve(dir);
  await refuseOccupied(target);
  await mkdir(dirname(target), { recursive: true });
  const staging = join(dirname(target), `.${basename(target)}.${process.pid}-${randomUUID()}.tmp`);
  await mkdir(staging);
  try {
    await write(staging);
    await rmdir(target).catch(ifThere);
    await rename(staging, target);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/** @throws BertInputError unless the name is free or that of an empty folder */
export async function refuseOccupied(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new BertInputError('is there already and is no folder; choose another name', {
      file: dir,
      cause: error,
    });
  });
  if (names.length > 0) {
    throw new BertInputError(`is not empty (there is "${names[0]}"); choose another folder`, { file: dir });
  }
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
