import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TEMPORARY_NAME, writeFileAtomically } from './atomic-file.js';
import type { FileInputError } from './errors.js';
import { DamagedFileError } from './errors.js';
import { isLockFile } from './folder-lock.js';
import { listFiles } from './list-files.js';
import { MISSING_FILE, readSmallTextSync } from './regular-file.js';

/** Name of the manifest. It is written last, so a folder that has one is complete. */
export const MANIFEST_NAME = 'manifest.json';

const FORMAT = 'fin-manifest';
const VERSION = 1;

/** Entry of one file in the manifest. */
export interface ManifestFile {
  /** Path relative to the folder, with forward slashes. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  /** sha256 of the content, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** Options of {@link writeManifest} and {@link verifyManifest}. */
export interface ManifestOptions {
  /** Files and folders to leave out, relative to the folder, with forward slashes. @default none */
  readonly except?: readonly string[];
}

/** Writes the manifest of a folder, with an entry for every file in it and its subfolders. */
export async function writeManifest(folder: string, { except = [] }: ManifestOptions = {}): Promise<void> {
  const files: ManifestFile[] = [];
  for (const path of await listFiles(folder)) {
    if (isBookkeeping(path) || isOneOf(path, except)) continue;
    const { size } = await stat(join(folder, path));
    files.push({ path, size, sha256: await sha256(join(folder, path)) });
  }
  await replaceManifest(folder, files);
}

/**
 * Writes a file into a folder that has a manifest. The manifest is correct at every moment: the file's old entry is removed, the
 * file written, and the new entry added, each atomically. Other files are not hashed again.
 *
 * @param path of the file, relative to the folder with forward slashes
 */
export async function replaceManifestEntry(folder: string, path: string, text: string): Promise<void> {
  const files = await readManifest(folder);
  const old = files.find((file) => file.path === path);
  const entry = {
    path,
    size: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  };
  const absolute = join(folder, path);
  const unchanged = old?.size === entry.size && old.sha256 === entry.sha256;
  if (unchanged && readSmallTextSync(absolute) === text) return;
  const others = files.filter((file) => file.path !== path);
  if (old) await replaceManifest(folder, others);
  await writeFileAtomically(absolute, text);
  const all = [...others, entry];
  await replaceManifest(
    folder,
    all.sort((a, b) => (a.path < b.path ? -1 : 1)),
  );
}

async function replaceManifest(folder: string, files: readonly ManifestFile[]): Promise<void> {
  const manifest = { format: FORMAT, version: VERSION, files };
  await writeFileAtomically(join(folder, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Whether a folder has a manifest, which means that it is complete. */
export async function hasManifest(folder: string): Promise<boolean> {
  return (await stat(join(folder, MANIFEST_NAME)).catch(() => null))?.isFile() ?? false;
}

/**
 * Compares every file with its entry in the manifest.
 *
 * @throws {DamagedFileError} naming the first file that differs, or the manifest itself
 */
export async function verifyManifest(
  folder: string,
  { except = [] }: ManifestOptions = {},
): Promise<readonly ManifestFile[]> {
  const files = await readManifest(folder);
  for (const { path, size, sha256: expected } of files) {
    if (isOneOf(path, except)) continue;
    const absolute = join(folder, path);
    const found = await stat(absolute).catch(() => null);
    if (!found?.isFile()) throw new DamagedFileError(absolute, MISSING_FILE);
    if (found.size !== size) {
      throw new DamagedFileError(absolute, `it has ${found.size} bytes and was written with ${size}`);
    }
    if ((await sha256(absolute)) !== expected) {
      throw new DamagedFileError(absolute, 'its content is not what was written (sha256 differs)');
    }
  }
  return files;
}

/**
 * Reads a manifest without comparing the files.
 *
 * @throws {DamagedFileError} when there is no manifest, or it is not valid
 */
export async function readManifest(folder: string): Promise<readonly ManifestFile[]> {
  const path = join(folder, MANIFEST_NAME);
  const text = readManifestText(path);
  if (text === null) {
    throw new DamagedFileError(path, 'it is missing, so this was never finished');
  }
  const manifest = parse(text);
  if (manifest?.format !== FORMAT || manifest.version !== VERSION || !Array.isArray(manifest.files)) {
    throw new DamagedFileError(path, `it is not a manifest of version ${VERSION}`);
  }
  const strange = manifest.files.findIndex((file) => !isManifestFile(file));
  if (strange >= 0)
    throw new DamagedFileError(path, `files.${strange} does not describe a file of the folder`);
  return manifest.files as ManifestFile[];
}

/** Whether a value is a valid entry of a manifest; its path must stay inside the folder. */
function isManifestFile(value: unknown): value is ManifestFile {
  const { path, size, sha256: digest } = (value ?? {}) as Partial<ManifestFile>;
  if (typeof path !== 'string' || typeof size !== 'number' || typeof digest !== 'string') return false;
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\\'));
}

const isOneOf = (path: string, names: readonly string[]): boolean =>
  names.some((name) => path === name || path.startsWith(`${name}/`));

function readManifestText(path: string): string | null {
  try {
    return readSmallTextSync(path);
  } catch (error) {
    throw new DamagedFileError(path, `it ${(error as FileInputError).problem}`);
  }
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
