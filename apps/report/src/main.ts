import { fileURLToPath } from 'node:url';
import { newestRun } from './read/newest-run.js';
import { writeReport } from './write-report.js';

/**
 * The program of `turbo run report`: writes the report of runs into out/report, by default of the newest run of apps/cli.
 *
 *     node dist/main.js [RUN_DIR...]
 */
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

try {
  const given = process.argv.slice(2);
  const runDirs = given.length > 0 ? given : [await newestRun(here('../../cli/runs'))];
  const { file } = await writeReport({ runDirs, out: here('../out/report') });
  console.log(file);
} catch (error) {
  if (!(error instanceof Error && 'kind' in error)) throw error;
  console.error(error.message);
  process.exitCode = error.kind === 'input' ? 2 : 1;
}
