import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder, readRegularFileSync, syncFolder, writeFileAtomically } from '@fin/files';
import type { CacheLayout } from './cache-layout.js';
import type { TensorFlowSource } from './installation.js';

/** Version of the cache's layout. Folders of another version count as missing and are made again. */
const MANIFEST_FORMAT = 1;

const MANIFEST = 'manifest.json';

/** Content of `manifest.json`, which every folder of the cache has. A folder without it, or with files of other sizes, is not used. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** Sizes of the checked files in bytes, by path within the folder. */
  readonly files: Readonly<Record<string, number>>;
}

export interface TensorFlowManifest extends Manifest {
  readonly key: string;
  readonly source: TensorFlowSource;
  readonly version: string;
  readonly gpu: boolean;
  /** Digests of the archives it was unpacked from, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

export interface BindingManifest extends Manifest {
  /** The `.node` file within the folder. */
  readonly path: string;
  readonly tensorflow: string;
  /** Version that the library reports. */
  readonly tensorflowVersion: string;
  /** Whether the library used a GPU when the binding was tried. */
  readonly gpuDevice: boolean;
  readonly compiler: string;
}

/** Manifests have a few hundred lines at most; a larger file is not one of ours. */
const MAX_MANIFEST_BYTES = 10e6;

/** Errors that say nothing about the folder and may be gone the next time, so that it must not be taken for damaged. */
const PASSING_ERRORS = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EAGAIN', 'EINTR']);

/**
 * Reads the manifest of a folder in the cache.
 *
 * @returns null if there is none, it is damaged, or a file is missing or has another size
 * @throws the system's error if the folder cannot be examined at the moment (too many open files, say)
 */
export async function readManifest<M extends Manifest>(dir: string): Promise<M | null> {
  try {
    const text = readRegularFileSync(join(dir, MANIFEST), { maxBytes: MAX_MANIFEST_BYTES }).toString();
    const manifest = JSON.parse(text) as M;
    if (manifest.format !== MANIFEST_FORMAT) return null;
    for (const [name, size] of Object.entries(manifest.files)) {
      const stats = await stat(join(dir, name));
      if (!stats.isFile() || stats.size !== size) return null;
    }
    return manifest;
  } catch (error) {
    if (PASSING_ERRORS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return null;
  }
}

/** Names of the work folders that this process uses at the moment. */
const inUse = new Set<string>();

/**
 * Runs `work` in a new temporary folder, on the same disk as the cache, and removes the folder afterwards. If it cannot be removed,
 * the next installation does it: that is no reason to fail, and must not replace the error of `work`.
 */
export async function inWorkFolder<T>(
  layout: CacheLayout,
  label: WorkLabel,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const name = workFolderName(label);
  const dir = join(layout.tmp, name);
  inUse.add(name);
  try {
    await mkdir(dir, { recursive: true });
    return await work(dir);
  } finally {
    inUse.delete(name);
    await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

/**
 * Moves a finished folder to its place in the cache: syncs the files, writes the manifest last, then renames the folder once. A
 * damaged folder at that place is replaced; a complete one stays.
 *
 * @param files the files to check before later use, by path within `dir`
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
    sizes[name] = await syncFile(join(dir, name));
  }
  const manifest = { format: MANIFEST_FORMAT, ...facts, files: sizes };
  await writeFileAtomically(join(dir, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await makeFolder(dirname(place));
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
  await syncFolder(dirname(place));
}

/** Syncs a file to the disk. @returns its size in bytes */
async function syncFile(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

const WORK_LABELS = [
  'addon',
  'binding',
  'compiler',
  'damaged',
  'stderr-filter',
  'tensorflow',
  'tfjs-installer',
  'tfjs-node',
  'zig',
] as const;

/** Purpose of a work folder. */
export type WorkLabel = (typeof WORK_LABELS)[number];

const WORK_FOLDER = new RegExp(`^(?:${WORK_LABELS.join('|')})@(?<host>[^@]+)@(?<pid>\\d+)@[0-9a-f]{8}$`);

/** Work folders that cannot be attributed to a dead process (another host, a reused process number) are kept this long. */
const KEEP_MS = 24 * 60 * 60_000;

/** Name of a work folder: `<label>@<host>@<process>@<random>`. */
function workFolderName(label: WorkLabel): string {
  return [label, hostname(), process.pid, randomUUID().slice(0, 8)].join('@');
}

/**
 * Removes the work folders of interrupted installations, and nothing else: the cache may be a folder in which the user keeps a
 * `tmp` of their own. Folders of running processes stay, even if they have lost the lock (after a laptop slept, say).
 */
export async function sweep({ tmp }: CacheLayout): Promise<void> {
  for (const name of await readdir(tmp).catch(() => [])) {
    const owner = WORK_FOLDER.exec(name)?.groups;
    if (!owner || inUse.has(name)) continue;
    const dir = join(tmp, name);
    const abandoned = owner.host === hostname() && !runsElsewhere(Number(owner.pid));
    // A child of the killed process may still write there; the next sweep removes what this one could not.
    if (abandoned || (await isOld(dir))) {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    }
  }
}

/** A folder with the number of this process that it does not use is from an earlier process. */
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
