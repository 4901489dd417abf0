import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { commonFiles, readableRoot, readRunRecord } from '@fin/run';
import { ReportInputError } from './run-file.js';

/** The forecaster's run that was finished last in a folder of runs: the one with the youngest manifest. */
export async function newestRun(runsDir: string): Promise<string> {
  const names = await readdir(runsDir).catch(() => []);
  const finished = await Promise.all(
    names.sort().map(async (name) => {
      const dir = join(runsDir, name);
      const manifest = isFinishedForecaster(dir)
        ? await stat(join(readableRoot(dir), commonFiles.manifest)).catch(() => null)
        : null;
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

function isFinishedForecaster(dir: string): boolean {
  try {
    return readRunRecord(dir, 'forecaster').finished;
  } catch {
    return false; // no run, another kind, or a damaged record
  }
}
