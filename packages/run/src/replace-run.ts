import { copyFile, link, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  asFileWriteError,
  isLockFile,
  listFiles,
  MANIFEST_NAME,
  makeFolder,
  readManifest,
  removeAtomically,
  syncFolder,
  TEMPORARY_NAME,
  temporaryPath,
} from '@fin/files';
import { RunExistsError } from './errors.js';
import type { RunKind } from './run-kinds.js';
import { CHECKPOINTS, commonFiles, isFileOfKind, runKinds } from './run-kinds.js';
import { isFinished, NEXT, readIdentity } from './run-record.js';

/*
 * How one run replaces another, so that a whole finished run can be found at every moment:
 *
 *   old run in dir ── new run written to dir/.next ── dir/.next/manifest.json ── files linked into dir ── dir/.next removed
 *   readers see:  the old run                         the new run, in .next                               the new run, in dir
 *
 * The step after the manifest can be repeated: whoever next writes to the folder completes it.
 */

/**
 * Checks that the run in a folder may be replaced by one of this kind.
 *
 * @throws {RunExistsError} when the folder holds no run, a run of another kind, or files that no run wrote
 */
export async function requireReplaceable(dir: string, kind: RunKind, overwrite: boolean): Promise<void> {
  const identity = identityOrNull(dir);
  if (identity === null) {
    const [stranger] = (await readdir(dir)).filter((name) => !isBookkeeping(name));
    throw new RunExistsError(
      dir,
      `${dir} is not empty and holds no run (there is "${stranger}"): choose another folder`,
    );
  }
  if (!overwrite) {
    const state = isFinished(dir) ? '' : ', which is unfinished: resume it';
    throw new RunExistsError(
      dir,
      `${dir} already holds a run${state}${state ? ', ' : ': '}choose another folder, or ask for it to be overwritten`,
    );
  }
  if (identity.kind !== kind) {
    throw new RunExistsError(
      dir,
      `${dir} is ${runKinds[identity.kind].words}, not ${runKinds[kind].words}, and is not overwritten: choose another folder`,
    );
  }
  const owned = await ownedBy(dir, kind);
  const stranger = (await everyEntry(dir)).find((name) => !owned(name));
  if (stranger !== undefined) {
    throw new RunExistsError(
      dir,
      `${dir} is not overwritten, for "${stranger}" in it is no file of the run: move it away, or choose another folder`,
    );
  }
}

/**
 * Moves the files of a finished replacement to their final places. Does nothing without a replacement, and is safe to repeat. The
 * caller holds the lock of the folder.
 */
export async function completeReplacement(dir: string): Promise<void> {
  const next = join(dir, NEXT);
  if (!isFinished(next)) return;
  try {
    const files = [...(await readManifest(next)).map(({ path }) => path), MANIFEST_NAME];
    const kept = new Set(files);
    const owned = await ownedBy(dir, readIdentity(next)!.kind);
    for (const name of await listRunFiles(dir)) {
      if (owned(name) && !kept.has(name)) await removeWithEmptyFolders(dir, name);
    }
    for (const name of files) await place(join(next, name), join(dir, name));
    await removeAtomically(next);
  } catch (error) {
    throw asFileWriteError(dir, error);
  }
}

/** Deletes leftovers of a killed process in a finished run. The caller holds the lock. */
export async function removeLeftovers(dir: string): Promise<void> {
  const identity = identityOrNull(dir);
  if (identity && identity.kind !== 'custom' && isFinished(dir))
    await removeAtomically(join(dir, CHECKPOINTS));
  await removeTemporaryFiles(dir);
}

/** Deletes temporary files of processes that were killed. The caller holds the lock. */
export async function removeTemporaryFiles(dir: string): Promise<void> {
  for (const path of await listFiles(dir)) {
    const name = basename(path);
    const beingLocked = isLockFile(name.slice(1)); // another process may be asking for the lock right now
    if (TEMPORARY_NAME.test(name) && !beingLocked) await rm(join(dir, path), { force: true });
  }
  const entries = await readdir(dir, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && TEMPORARY_NAME.test(entry.name));
  for (const { name } of folders) await rm(join(dir, name), { recursive: true, force: true });
}

/** Deletes a file, and then the folders inside the run that this leaves empty. */
export async function removeWithEmptyFolders(dir: string, name: string): Promise<void> {
  await rm(join(dir, name), { force: true });
  for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) {
    const removed = await rmdir(join(dir, folder)).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/** Whether a name belongs to a lock, a temporary file or the replacement, which are not results of the run. */
export const isBookkeeping = (name: string): boolean =>
  isLockFile(name) || TEMPORARY_NAME.test(name) || name === NEXT || name === `.${NEXT}`;

/**
 * Returns a test for the files that a folder's run owns: those in its manifest and those of its kind. A subfolder with a
 * `run.json` of its own belongs to another run.
 */
export async function ownedBy(dir: string, kind: RunKind): Promise<(name: string) => boolean> {
  const listed = isFinished(dir) ? (await readManifest(dir)).map(({ path }) => path) : [];
  const names = new Set(listed);
  return (name) => {
    if (basename(name) === commonFiles.run) return name === commonFiles.run;
    return names.has(name) || isFileOfKind(kind, name);
  };
}

/** Files of a folder, without locks, temporary files and the replacement. */
async function listRunFiles(dir: string): Promise<string[]> {
  return (await listFiles(dir)).filter((name) => !isBookkeeping(name.split('/')[0]));
}

/** Files, links, sockets and empty folders of a folder: everything that deleting it would destroy. */
async function everyEntry(dir: string, below = ''): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (isBookkeeping(entry.name)) continue;
    if (!entry.isDirectory()) names.push(name);
    else names.push(...(await everyEntry(dir, name)));
  }
  return names;
}

/** The run in a folder, if `run.json` describes one. */
function identityOrNull(dir: string): ReturnType<typeof readIdentity> {
  try {
    return readIdentity(dir);
  } catch {
    return null;
  }
}

/**
 * Gives a file a second name atomically (a hard link), replacing the old file of that name. Copies it where the file system has
 * no links.
 */
async function place(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  const temporary = temporaryPath(to);
  const blocking = await stat(to).catch(() => null);
  if (blocking?.isDirectory()) await removeAtomically(to);
  await link(from, temporary).catch(() => copyFile(from, temporary));
  await rename(temporary, to);
  await rm(temporary, { force: true }); // renaming a link to the same file leaves both names
  await syncFolder(dirname(to));
}

/** Makes the empty folder for a replacement. Discards an earlier, interrupted replacement. */
export async function beginReplacement(dir: string): Promise<string> {
  const next = join(dir, NEXT);
  await removeAtomically(next);
  await mkdir(next);
  await syncFolder(dir);
  return next;
}
