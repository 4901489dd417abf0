import { readdir, realpath, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  hasManifest,
  listFiles,
  MANIFEST_NAME,
  readManifest,
  removeAtomically,
  temporaryPath,
  writeFileAtomically,
  writeFolderAtomically,
  writeManifest,
} from '@fin/files';
import { OutputError, requireFreeOutput, requireWritableFolder } from '@fin/run';
import { ReportInputError } from './read/run-file.js';
import type { Site } from './site/render-site.js';
import { renderSite } from './site/render-site.js';

/**
 * Writes the report of one or several runs as a folder of pages that open from the disk. It appears with all of its files or not
 * at all, and changes no file of a run. A report that an earlier call wrote to the folder is replaced.
 *
 * @param options.runDirs finished runs; a forecaster must have been evaluated
 * @param options.out folder to write; it may be in a run folder
 * @returns the absolute path of the first page
 * @throws {ReportInputError} when a run cannot be reported on; nothing is written then
 * @throws {OutputError} of `@fin/run` when the folder belongs to a run, holds other files, or cannot be written
 */
export async function writeReport(options: {
  runDirs: readonly string[];
  out: string;
}): Promise<{ file: string }> {
  const { runDirs, out } = options;
  const folders = new Set(runDirs.map((dir) => resolve(dir)));
  if (folders.size === 0) throw new ReportInputError('a report needs at least one run');
  await requireFreeFolder(out);
  const target = await realpath(out).catch(() => resolve(out));
  await replaceFolder(target, await renderSite([...folders]));
  return { file: join(resolve(out), 'index.html') };
}

/** @throws {OutputError} unless the folder can be written, and is new, empty or an earlier report */
async function requireFreeFolder(out: string): Promise<void> {
  await requireWritableFolder(out);
  await requireFreeOutput(join(out, 'index.html'));
  const names = await readdir(out).catch(() => []);
  if (names.length === 0) return;
  const listed = (await hasManifest(out)) ? (await readManifest(out)).map(({ path }) => path) : [];
  const known = new Set(listed.includes('index.html') && !listed.includes('run.json') ? listed : []);
  const found = known.size === 0 ? names : await listFiles(out);
  const stranger = found.find((path) => path !== MANIFEST_NAME && !known.has(path));
  if (stranger !== undefined) {
    throw new OutputError(out, `it holds ${stranger}, which no report wrote; choose another folder`);
  }
}

/** Writes the new folder beside the old one, then puts it in its place. */
async function replaceFolder(out: string, site: Site): Promise<void> {
  const next = temporaryPath(out);
  await writeFolderAtomically(next, async (folder) => {
    for (const [path, content] of site) await writeFileAtomically(join(folder, path), content);
    await writeManifest(folder);
  });
  try {
    await removeAtomically(out);
    await rename(next, out);
  } catch (error) {
    await rm(next, { recursive: true, force: true }).catch(() => {}); // the cause matters more than a leftover
    throw error;
  }
}
