import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeReport } from './write-report.js';

/**
 * The program of turbo's tasks `report`, `demo` and `study`: writes the report of runs of apps/cli into out/NAME. The study names its
 * runs in `STUDY_RUNS`, with spaces between.
 *
 *     node dist/main.js NAME [RUN...]
 */
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

try {
  const [name, ...given] = process.argv.slice(2);
  const runs = given.length > 0 ? given : (process.env.STUDY_RUNS ?? '').split(' ');
  const { file } = await writeReport({
    runDirs: runs.map((run) => here(`../../cli/runs/${run}`)),
    out: here(`../out/${name}`),
  });
  console.log(file);
} catch (error) {
  if (!(error instanceof Error && 'kind' in error)) throw error;
  console.error(error.message);
  process.exitCode = error.kind === 'input' ? 2 : 1;
}
