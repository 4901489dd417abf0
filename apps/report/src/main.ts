import { fileURLToPath } from 'node:url';
import { newestRun } from './read-run.js';
import { writeReport } from './report.js';

/**
 * The program of `turbo run report`: writes the report of a run into out/report.html, by default of the newest run of apps/cli.
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
