import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TEMPORARY_NAME, writeFileAtomically } from './atomic-file.js';
import { DamagedFileError } from './errors.js';
import { isLockFile } from './folder-lock.js';
import { listFiles } from './list-files.js';

/** Name of the manifest; written last, so a folder that has one was finished. */
export const MANIFEST_NAME = 'manifest.json';

const FORMAT = 'fin-manifest';
const VERSION = 1;

/** One file as the manifest describes it. */
export interface ManifestFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of the content, lower-case hexadecimal. */
  readonly sha256: string;
}

/** Describes every file below a folder, and writes that beside them. */
export async function writeManifest(folder: string): Promise<void> {
  const files: ManifestFile[] = [];
  for (const path of await listFiles(folder)) {
    if (isBookkeeping(path)) continue;
    const { size } = await stat(join(folder, path));
    files.push({ path, size, sha256: await sha256(join(folder, path)) });
  }
  const manifest = { format: FORMAT, version: VERSION, files };
  await writeFileAtomically(join(folder, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Whether a folder has a manifest: whether it was finished. */
export async function hasManifest(folder: string): Promise<boolean> {
  return (await stat(join(folder, MANIFEST_NAME)).catch(() => null))?.isFile() ?? false;
}

/**
 * Compares every file with what the manifest says.
 *
 * @throws {DamagedFileError} naming the first file that is not as it was written, or the manifest itself
 */
export async function verifyManifest(folder: string): Promise<readonly ManifestFile[]> {
  const files = await readManifest(folder);
  for (const { path, size, sha256: expected } of files) {
    const absolute = join(folder, path);
    const found = await stat(absolute).catch(() => null);
    if (!found?.isFile()) throw new DamagedFileError(absolute, 'it is missing');
    if (found.size !== size) {
      throw new DamagedFileError(absolute, `it has ${found.size} bytes and was written with ${size}`);
    }
    if ((await sha256(absolute)) !== expected) {
      throw new DamagedFileError(absolute, 'its content is not what was written (sha256 differs)');
    }
  }
  return files;
}

async function readManifest(folder: string): Promise<readonly ManifestFile[]> {
  const path = join(folder, MANIFEST_NAME);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) {
    throw new DamagedFileError(path, 'it is missing, so this was never finished');
  }
  const manifest = parse(text);
  if (manifest?.format !== FORMAT || manifest.version !== VERSION || !Array.isArray(manifest.files)) {
    throw new DamagedFileError(path, `it is not a manifest of version ${VERSION}`);
  }
  return manifest.files as ManifestFile[];
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function isBookkeeping(path: string): boolean {
  const name = basename(path);
  return path === MANIFEST_NAME || isLockFile(name) || TEMPORARY_NAME.test(name);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
