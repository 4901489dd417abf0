import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';

/** For what the file system and others write meanwhile. */
const MARGIN_BYTES = 100e6;

/** @throws StepImpossible where the disk of the cache has no room for so much */
export async function checkSpace(job: Job, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(job.layout.root);
  const free = bavail * bsize;
  if (free < bytes + MARGIN_BYTES) {
    throw new StepImpossible(
      `it needs ${gigabytes(bytes + MARGIN_BYTES)} GB of disk for a moment and ${job.layout.root} has ${gigabytes(free)} GB free`,
      { fix: 'Free some space, or set FIN_CACHE_DIR to a folder on a larger disk.' },
    );
  }
}

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);

/** Bytes of all files under a folder; what vanishes meanwhile, or is not there, counts nothing. Links are not followed. */
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
