import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReportInputError } from '../errors.js';

/** The run that was finished last in a folder of runs: the one with the youngest manifest. */
export async function newestRun(runsDir: string): Promise<string> {
  const names = await readdir(runsDir).catch(() => []);
  const finished = await Promise.all(
    names.sort().map(async (name) => {
      const manifest = await stat(join(runsDir, name, 'manifest.json')).catch(() => null);
      return { name, time: manifest?.mtimeMs ?? null };
    }),
  );
  const newest = finished.reduce<{ name: string; time: number } | null>(
    (best, { name, time }) => (time !== null && (best === null || time >= best.time) ? { name, time } : best),
    null,
  );
  if (newest === null) {
    throw new ReportInputError(`${runsDir} holds no finished run; make one with fin train`);
  }
  return join(runsDir, newest.name);
}
