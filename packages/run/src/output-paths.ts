import { constants, existsSync } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { FileWriteError } from '@fin/files';
import { RunInputError } from './errors.js';
import { isBookkeeping, ownedBy } from './replace-run.js';
import { commonFiles, derivedFiles } from './run-kinds.js';
import { readableRoot, readIdentity } from './run-record.js';

/**
 * Checks that a file may be written: call it for every output path before any work. Paths are compared after links are resolved.
 *
 * Refuses a folder, an input, an existing file inside an input folder, and a file that belongs to a run (by its manifest or its
 * kind). Derived pages, such as `report.html`, may be replaced.
 *
 * @param file the output
 * @param inputs files and folders that are read to make it
 * @throws {RunInputError} when the path is refused, with the reason
 * @throws {FileWriteError} when the nearest folder that exists cannot be written to
 */
export async function requireFreeOutput(file: string, inputs: readonly string[] = []): Promise<void> {
  const path = await realPath(file);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) throw new RunInputError(`${file} is a folder: name a file`);
  const owner = await owningRun(path);
  if (owner !== null) {
    throw new RunInputError(`${file} belongs to the run in ${owner}: name another file`);
  }
  const derived = derivedFiles.includes(basename(path));
  for (const input of inputs) {
    const real = await realPath(input);
    if (path === real || (found && !derived && isInside(path, real))) {
      throw new RunInputError(`${file} is an input of this command (${input}): name another file`);
    }
  }
  await requireWritable(path, file);
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

const isInside = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** Folder of the run that a file belongs to; null for other files. */
async function owningRun(path: string): Promise<string | null> {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    if (existsSync(join(dir, commonFiles.run))) {
      const name = relative(dir, path).split(sep).join('/');
      if (name === commonFiles.run || isBookkeeping(name.split('/')[0])) return dir;
      const owned = await ownedByRun(dir);
      if (owned(name) && !derivedFiles.includes(name)) return dir;
    }
    if (dirname(dir) === dir) return null;
  }
}

/** Returns a test for the files that a folder's run owns. Without a readable `run.json` and manifest, it owns none. */
async function ownedByRun(dir: string): Promise<(name: string) => boolean> {
  try {
    const root = readableRoot(dir);
    return await ownedBy(root, readIdentity(root)!.kind);
  } catch {
    return () => false;
  }
}

async function requireWritable(path: string, file: string): Promise<void> {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  if (!(await stat(folder)).isDirectory()) {
    throw new RunInputError(`${file} cannot be written: ${folder} is a file, not a folder`);
  }
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new FileWriteError(file, error);
  }
}
