import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';

/** Left free for other programs and the file system. */
const MARGIN_BYTES = 100e6;

/** @throws StepImpossible if the disk of the cache has too little space. File systems that do not report it are not asked. */
export async function checkSpace(job: Job, bytes: number): Promise<void> {
  const disk = await statfs(job.layout.root).catch(() => null);
  if (!disk || disk.blocks === 0) return;
  const free = disk.bavail * disk.bsize;
  if (free < bytes + MARGIN_BYTES) {
    throw new StepImpossible(
      `it temporarily needs ${gigabytes(bytes + MARGIN_BYTES)} GB of disk space and ${job.layout.root} has ${gigabytes(free)} GB free`,
      { fix: 'Free some space, or set FIN_CACHE_DIR to a folder on a larger disk.' },
    );
  }
}

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);

/** Bytes of all files below a folder. Links are not followed; files that disappear during the count have size 0. */
export async function folderBytes(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) bytes += await folderBytes(path);
    else if (entry.isFile())
      bytes += await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
}

/** Turns an error about the disk into a sentence for the user; rethrows every other error. */
export function asDiskProblem(error: unknown, root: string): StepImpossible {
  if (error instanceof StepImpossible) return error;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return new StepImpossible(`the disk of ${root} is full`, {
        fix: 'Free some space, or set FIN_CACHE_DIR to a folder on a larger disk.',
        cause: error,
      });
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return unwritable(root, code, error);
  }
  throw error;
}

/** The cache cannot be written. */
export function unwritable(root: string, code: string, cause: unknown): StepImpossible {
  return new StepImpossible(`${root} cannot be written (${code})`, {
    fix: 'Set FIN_CACHE_DIR to a folder that can be written.',
    cause,
  });
}
