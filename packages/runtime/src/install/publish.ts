import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CacheLayout } from './cache-layout.js';
import type { Manifest } from './manifests.js';
import { MANIFEST_FORMAT, readManifest } from './manifests.js';
import { workFolderName } from './sweep.js';

/** Runs `work` in a new folder, on the same disk as where its result goes. The folder is gone afterwards, whatever happens. */
export async function inWorkFolder<T>(
  layout: CacheLayout,
  label: string,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = join(layout.tmp, workFolderName(label));
  await mkdir(dir, { recursive: true });
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Makes a finished folder visible at its place: the files that matter are synced to disk, the manifest is written last,
 * and one rename does it. A damaged folder that is there already makes way; a whole one stays.
 *
 * @param files the files that matter, by path within `dir`
 */
export async function publish<M extends Manifest>(
  layout: CacheLayout,
  dir: string,
  place: string,
  files: readonly string[],
  facts: Omit<M, 'files' | 'format'>,
): Promise<void> {
  const sizes: Record<string, number> = {};
  for (const name of files) {
    await sync(join(dir, name));
    sizes[name] = (await stat(join(dir, name))).size;
  }
  await writeFile(
    join(dir, 'manifest.json'),
    `${JSON.stringify({ format: MANIFEST_FORMAT, ...facts, files: sizes }, null, 2)}\n`,
  );
  await sync(join(dir, 'manifest.json'));
  await mkdir(dirname(place), { recursive: true });
  try {
    await rename(dir, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    if (await readManifest(place)) return;
    await inWorkFolder(layout, 'damaged', async (bin) => {
      await rename(place, join(bin, 'old'));
      await rename(dir, place);
    });
  }
  await sync(dirname(place));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
