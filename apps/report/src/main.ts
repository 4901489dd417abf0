import { fileURLToPath } from 'node:url';
import { newestRun } from './run/newest-run.js';
import { writeReport } from './write-report.js';

/**
 * What `turbo run report` runs: the report of a run, by default the newest one of apps/cli, into out/report.html.
 *
 *     node dist/main.js [RUN_DIR [OUT_FILE]]
 */
const [runDir, out] = process.argv.slice(2);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

try {
  const { file } = await writeReport({
    runDir: runDir ?? (await newestRun(here('../../cli/runs'))),
    out: out ?? here('../out/report.html'),
  });
  console.log(file);
} catch (error) {
  if (!(error instanceof Error && 'kind' in error)) throw error;
  console.error(error.message);
  process.exitCode = error.kind === 'input' ? 2 : 1;
}
