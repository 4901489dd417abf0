import type { Stats } from 'node:fs';
import { existsSync } from 'node:fs';
import { lstat, mkdir, realpath, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { temporaryPath } from '@fin/files';
import { OutputError, RunInputError } from './errors.js';
import { isBookkeeping, ownedBy } from './replace-run.js';
import { commonFiles, isReportFile } from './run-kinds.js';
import { readableRoot, readIdentity } from './run-record.js';

/**
 * Checks that a file may be written: call it for every output path before any work. Paths are compared after links are resolved.
 *
 * Refuses anything that is not a regular file, an input, an existing file inside an input folder, and a file that belongs to a run
 * (by its manifest or its kind). Files of a run's `report` folder may be replaced. Writing is tried in the nearest existing folder,
 * and the trial is removed.
 *
 * @param file the output
 * @param inputs files and folders that are read to make it
 * @throws {OutputError} with the reason
 */
export async function requireFreeOutput(file: string, inputs: readonly string[] = []): Promise<void> {
  const path = await realPath(file);
  const owner = await owningRun(path);
  if (owner !== null) throw new OutputError(file, `it belongs to the run in ${owner}`);
  for (const input of inputs) {
    const real = await realPath(input);
    if (path === real || (existsSync(path) && isInside(path, real) && !isInReport(path, real))) {
      throw new OutputError(file, `it is an input of this command, as part of ${input}`);
    }
  }
  await tryToWrite(file, 'file');
}

/**
 * Checks that files can be written to a folder, which may be missing: call it before any work. Writing is tried in the nearest
 * existing folder, and the trial is removed.
 *
 * @throws {OutputError} with the reason
 */
export async function requireWritableFolder(dir: string): Promise<void> {
  await tryToWrite(dir, 'folder');
}

/**
 * Checks that a folder for logs can be written, as {@link requireWritableFolder}, and is no part of a run, whose manifest would not fit
 * any more.
 *
 * @param runDir the run that is logged, which may not exist yet
 * @throws {OutputError} with the reason
 */
export async function requireLogFolder(dir: string, runDir: string): Promise<void> {
  const path = await realPath(dir);
  const own = await realPath(runDir);
  for (let at = path; ; at = dirname(at)) {
    if (at === own || existsSync(join(at, commonFiles.run))) {
      throw new OutputError(dir, `it is part of the run in ${at}`);
    }
    if (at === dirname(at)) break;
  }
  await tryToWrite(dir, 'folder');
}

/** @throws {RunInputError} when an input lies in the run folder that will be written */
export async function requireInputsOutside(dir: string, inputs: readonly string[]): Promise<void> {
  const folder = await realPath(dir);
  for (const input of inputs) {
    if (!existsSync(input)) continue; // whoever opens it says so
    const real = await realPath(input);
    if (real !== folder && !isInside(real, folder)) continue;
    throw new RunInputError(
      `${input} is an input of the run and lies in its folder ${dir}: choose another folder for the run`,
    );
  }
}

/** Resolves the links in a path. Where the path does not exist yet, resolves the part that exists. */
async function realPath(path: string): Promise<string> {
  const absolute = resolve(path);
  const found = await realpath(absolute).catch(() => null);
  if (found !== null) return found;
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(await realPath(parent), basename(absolute));
}

const isInReport = (path: string, run: string): boolean =>
  existsSync(join(run, commonFiles.run)) && isReportFile(relative(run, path).split(sep).join('/'));

const isInside = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** Folder of the run that a file belongs to; null for other files. */
async function owningRun(path: string): Promise<string | null> {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    if (existsSync(join(dir, commonFiles.run))) {
      const name = relative(dir, path).split(sep).join('/');
      if (name === commonFiles.run || isBookkeeping(name.split('/')[0])) return dir;
      const owned = await ownedByRun(dir);
      if (owned(name) && !isReportFile(name)) return dir;
    }
    if (dirname(dir) === dir) return null;
  }
}

/** Returns a test for the files that a folder's run owns. Without a readable record, those that every run has. */
async function ownedByRun(dir: string): Promise<(name: string) => boolean> {
  try {
    const root = readableRoot(dir);
    return await ownedBy(root, readIdentity(root)!.kind);
  } catch {
    const names: readonly string[] = Object.values(commonFiles);
    return (name) => names.includes(name);
  }
}

async function tryToWrite(path: string, kind: 'file' | 'folder'): Promise<void> {
  try {
    const existing = await statIfThere(path);
    if (existing && !(kind === 'file' ? existing.isFile() : existing.isDirectory())) {
      const found = existing.isDirectory()
        ? 'a folder'
        : `not a ${kind === 'file' ? 'regular file' : 'folder'}`;
      throw new OutputError(path, `it is ${found}`);
    }
    if (!existing && (await isLink(path))) throw new OutputError(path, 'it is a link to nothing');
    const target = resolve(path);
    const parent = kind === 'folder' && existing ? target : await nearestFolder(dirname(target));
    // Temporary names are tried: while the longest name that a file system takes is written, it is too long.
    for (const name of relative(parent, target).split(sep))
      await statIfThere(temporaryPath(join(parent, name)));
    const trial = temporaryPath(join(parent, 'trial'));
    await mkdir(trial);
    await rmdir(trial);
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    throw new OutputError(path, (cause as Error).message, { cause });
  }
}

/** The folder itself or the closest one above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await statIfThere(at);
    if (found?.isDirectory()) return at;
    if (found || (await isLink(at))) throw new OutputError(folder, `${at} is not a folder`);
    if (at === dirname(at)) return at;
  }
}

async function statIfThere(path: string): Promise<Stats | null> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
}

const isLink = async (path: string): Promise<boolean> => (await lstat(path).catch(() => null)) !== null;
