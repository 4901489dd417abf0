import { resolve } from 'node:path';
import { writeFileAtomically } from '@fin/files';
import { requireFreeOutput } from '@fin/run';
import { chartsSection } from './page/charts.js';
import { metricsTable } from './page/metrics-table.js';
import { page } from './page/page.js';
import { dataSection, settingsSection, syntheticBanner, verdictSection } from './page/sections.js';
import { readRun } from './read-run.js';
import { sentimentRelation, verdict } from './verdict.js';

/**
 * Renders the report of one evaluated run as one HTML page without scripts, fonts or requests. It reads the run folder only,
 * and the same folder gives the same bytes.
 *
 * @throws {ReportInputError} when a file of the run is missing or malformed, or a model row lacks its baselines
 * @example
 * const page = await renderReport('runs/2016-07-01-12-00-00');
 */
export async function renderReport(runDir: string): Promise<string> {
  const run = await readRun(runDir);
  const { data, evaluation, predictions } = run;
  const test = predictions.filter(({ split }) => split === 'test');
  const words = verdict(evaluation, data, sentimentRelation(test, evaluation.level));
  return page({
    title: `Next-day close of ${data.name}`,
    subtitle: `${evaluation.n} test days, ${evaluation.first} to ${evaluation.last}. Run ${run.name}.`,
    body: [
      syntheticBanner(data),
      verdictSection(words, evaluation),
      metricsTable(evaluation),
      await chartsSection(run),
      dataSection(data),
      settingsSection(run),
    ],
    footer: `Made from the run folder ${run.name} by @fin/report. Past closes and headlines; no advice.`,
  });
}

/**
 * Writes a run's report into a file. A reader of the file never sees half a page, and the run folder's own files stay as they
 * are, its manifest included.
 *
 * @param options.out file to write; it may be in the run folder, but not one of the run's own files
 * @returns the absolute path of the file
 * @throws {OutputError} of `@fin/run` when `out` belongs to a run, or cannot be written
 * @throws {ReportInputError} as {@link renderReport}; nothing is written then
 */
export async function writeReport(options: { runDir: string; out: string }): Promise<{ file: string }> {
  await requireFreeOutput(options.out, [options.runDir]);
  const file = resolve(options.out);
  await writeFileAtomically(file, await renderReport(options.runDir));
  return { file };
}
