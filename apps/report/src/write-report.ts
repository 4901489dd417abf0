import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { RunFolder } from '@fin/run';
import { renderReport } from './render-report.js';

/**
 * Renders a run's report into a file; the folders on the way are made, and a reader never sees half a page. Inside the run
 * folder itself the page becomes a file of the run, with its checksum in the manifest like the others.
 *
 * @returns the absolute path of the file
 * @throws ReportInputError as `renderReport`; nothing is written then
 */
export async function writeReport(options: { runDir: string; out: string }): Promise<{ file: string }> {
  const file = resolve(options.out);
  const page = await renderReport(options.runDir);
  const inside = relative(resolve(options.runDir), file).split(sep).join('/');
  if (inside.startsWith('../') || isAbsolute(inside)) await writeAtomically(file, page);
  else await writeIntoRun(options.runDir, inside, page);
  return { file };
}

async function writeIntoRun(runDir: string, name: string, page: string): Promise<void> {
  const folder = await RunFolder.resume(runDir);
  try {
    await folder.writeText(name, page);
    await folder.finish();
  } finally {
    await folder.close();
  }
}

async function writeAtomically(file: string, page: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, page);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
