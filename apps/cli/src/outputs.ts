import type { Stats } from 'node:fs';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, realpath, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { temporaryPath } from '@fin/files';

/** A file or folder that the command line names cannot be written. */
export class OutputError extends Error {
  readonly kind = 'input';
  readonly file: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file} cannot be written (${problem}): choose another place`, options);
    this.name = 'OutputError';
    this.file = file;
  }
}

/** Files and folders that a command will write. */
export interface Outputs {
  /** A file that may exist, unless it is an input or belongs to a run. */
  readonly file?: string;
  /** Files and folders that the command reads. */
  readonly inputs?: readonly (string | undefined)[];
  /** Folders that may exist. */
  readonly folders?: readonly (string | undefined)[];
}

/**
 * Checks, before any work, that a command's outputs can be written. Each is tried in the nearest existing folder, and the trial
 * is removed.
 *
 * @throws {OutputError}
 */
export async function requireWritable({ file, inputs = [], folders = [] }: Outputs): Promise<void> {
  if (file !== undefined) {
    await requireNotOwned(file, inputs);
    await probe(file, 'file');
  }
  for (const folder of folders) if (folder !== undefined) await probe(folder, 'folder');
}

/** Refuses a file that exists and is an input, lies in an input folder or belongs to a run. Links are followed. */
async function requireNotOwned(file: string, inputs: readonly (string | undefined)[]): Promise<void> {
  const real = await realpath(file).catch(() => null);
  if (real === null) return;
  for (let dir = dirname(real); ; dir = dirname(dir)) {
    if ((await filesOfRun(dir)).includes(relative(dir, real).split(sep).join('/'))) {
      throw new OutputError(file, `it belongs to the run in ${dir}`);
    }
    if (dir === dirname(dir)) break;
  }
  for (const input of inputs) {
    const source = input === undefined ? null : await realpath(input).catch(() => null);
    const isInput = source !== null && (real === source || real.startsWith(`${source}${sep}`));
    if (isInput && basename(real) !== 'report.html') {
      throw new OutputError(file, `the command reads it, as part of ${input}`);
    }
  }
}

/** Names of a run's own files; empty where a folder holds no run. A page made from a run is not one of them. */
async function filesOfRun(dir: string): Promise<string[]> {
  const own = ['run.json', 'manifest.json', 'config.json', 'environment.json', 'data.json', 'metrics.jsonl'];
  if (!existsSync(join(dir, 'run.json'))) return [];
  try {
    const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));
    const listed = (manifest.files as { path: string }[]).map(({ path }) => path);
    return [...own, ...listed.filter((path) => path !== 'report.html')];
  } catch {
    return own; // unfinished, or damaged
  }
}

async function probe(path: string, kind: 'file' | 'folder'): Promise<void> {
  try {
    const existing = await statIfThere(path);
    if (existing && !(kind === 'file' ? existing.isFile() : existing.isDirectory())) {
      throw new OutputError(path, `it exists and is not a ${kind === 'file' ? 'regular file' : 'folder'}`);
    }
    if (!existing && (await isLink(path))) throw new OutputError(path, 'it is a link to nothing');
    const target = resolve(path);
    const parent = kind === 'folder' && existing ? target : await nearestFolder(dirname(target));
    // Names are tried as they are while they are written. The longest name that a file system takes is too long then.
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
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

const isLink = async (path: string): Promise<boolean> => (await lstat(path).catch(() => null)) !== null;

/** Writes a text file so that a reader never sees half of it. Missing folders are made. @throws {OutputError} */
export async function writeTextFile(file: string, text: string): Promise<void> {
  const { writeFileAtomically } = await import('@fin/files');
  try {
    await writeFileAtomically(file, text);
  } catch (cause) {
    throw new OutputError(file, (cause as Error).message, { cause });
  }
}
