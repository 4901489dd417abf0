import { statfs } from 'node:fs/promises';
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
