import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { DamagedFileError, FileInputError } from './errors.js';

/** Without O_NONBLOCK, opening a named pipe waits until someone writes to it. Windows has no such flag. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Far above any manifest or lock; a larger file is something else. */
const MAX_SMALL_BYTES = 64 * 2 ** 20;

/**
 * Opens a file for reading. Pipes, devices and folders are refused at once: reading them could wait or never end.
 *
 * @throws FileInputError when it is not a regular file; the system's error when it cannot be opened
 */
export async function openRegularFile(file: string): Promise<FileHandle> {
  const handle = await open(file, READ_WITHOUT_WAITING);
  try {
    if (!(await handle.stat()).isFile()) throw notRegular(file);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a whole regular file into memory.
 *
 * @param options.maxBytes a larger file is refused before any of it is read
 * @throws FileInputError when it is not a regular file or too large; the system's error when it cannot be read
 */
export function readRegularFileSync(file: string, { maxBytes }: { readonly maxBytes: number }): Buffer {
  const descriptor = openSync(file, READ_WITHOUT_WAITING);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notRegular(file);
    if (stats.size > maxBytes) {
      throw new FileInputError(file, `has ${stats.size} bytes; at most ${maxBytes} are read`);
    }
    const bytes = Buffer.alloc(stats.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(descriptor, bytes, filled, bytes.length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(descriptor);
  }
}

/** Above any file of a run or checkpoint that is read as a whole; a larger file is something else. */
const MAX_STORED_BYTES = 256 * 2 ** 20;

/**
 * Reads the text of a file that this project wrote, such as a file of a run or the state of a checkpoint.
 *
 * @throws {DamagedFileError} when it is missing, is not a regular file, or cannot be read
 */
export function readStoredText(path: string): string {
  try {
    return readRegularFileSync(path, { maxBytes: MAX_STORED_BYTES }).toString('utf8');
  } catch (error) {
    if (error instanceof FileInputError) throw new DamagedFileError(path, `it ${error.problem}`);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DamagedFileError(path, code === 'ENOENT' ? MISSING_FILE : `it cannot be read (${message})`);
  }
}

/** A file that a finished folder should have. */
export const MISSING_FILE = 'it is missing; restore it from a copy, or make the whole folder again';

/** Text of a small regular file; null when it is missing or cannot be read. @throws FileInputError when it is not a regular file */
export function readSmallTextSync(file: string): string | null {
  try {
    return readRegularFileSync(file, { maxBytes: MAX_SMALL_BYTES }).toString('utf8');
  } catch (error) {
    if (error instanceof FileInputError) throw error;
    return null;
  }
}

function notRegular(file: string): FileInputError {
  return new FileInputError(file, 'is not a regular file; pipes, devices and folders are not read');
}
