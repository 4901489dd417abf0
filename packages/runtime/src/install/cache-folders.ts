import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { CacheLayout } from './cache-layout.js';
import type { TensorFlowSource } from './installation.js';

/** Counts up when the layout of the cache changes: what an older version put there is then made anew. */
export const MANIFEST_FORMAT = 1;

/** Every folder of the cache carries one; a folder without it, or whose files differ in size, is not there. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** The files that matter, by path within the folder, with their sizes in bytes. */
  readonly files: Readonly<Record<string, number>>;
}

export interface TensorFlowManifest extends Manifest {
  readonly key: string;
  readonly source: TensorFlowSource;
  readonly version: string;
  readonly gpu: boolean;
  /** Of each archive it was unpacked from, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

export interface BindingManifest extends Manifest {
  /** The `.node` file within the folder. */
  readonly path: string;
  readonly tensorflow: string;
  /** As the library itself says. */
  readonly tensorflowVersion: string;
  /** Whether the library drove a GPU when the binding was tried. */
  readonly gpuDevice: boolean;
  readonly compiler: string;
}

/** The manifest of a folder, or null where there is none or the folder does not match it. */
export async function readManifest<M extends Manifest>(dir: string): Promise<M | null> {
  try {
    const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as M;
    if (manifest.format !== MANIFEST_FORMAT) return null;
    for (const [name, size] of Object.entries(manifest.files)) {
      if ((await stat(join(dir, name))).size !== size) return null;
    }
    return manifest;
  } catch {
    return null;
  }
}

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

/** A folder of a process that cannot be asked for, on another host or with a number used again, is left this long. */
const KEEP_MS = 24 * 60 * 60_000;

/** Tells who works there: `<label>@<host>@<process>@<random>`. */
export function workFolderName(label: string): string {
  return [label, hostname(), process.pid, randomUUID().slice(0, 8)].join('@');
}

/**
 * Removes the work folders that interrupted runs left behind. One whose process still runs stays, even where that process
 * has lost the lock (a laptop that slept, say).
 */
export async function sweep({ tmp }: CacheLayout): Promise<void> {
  for (const name of await readdir(tmp).catch(() => [])) {
    const dir = join(tmp, name);
    const [, host, pid] = name.split('@');
    const abandoned = host === hostname() && !runsElsewhere(Number(pid));
    // A child of the killed run may still be writing there; the next sweep gets what this one could not.
    if (abandoned || (await isOld(dir))) {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    }
  }
}

/** Of this process itself nothing is there yet: what bears its number is from one before. */
function runsElsewhere(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isOld(dir: string): Promise<boolean> {
  return stat(dir).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > KEEP_MS,
    () => false,
  );
}
