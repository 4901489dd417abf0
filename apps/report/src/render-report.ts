import { chartsSection } from './page/charts-section.js';
import { dataSection } from './page/data-section.js';
import { metricsTable } from './page/metrics-table.js';
import { page } from './page/page.js';
import { settingsSection } from './page/settings-section.js';
import { syntheticBanner } from './page/synthetic-banner.js';
import { verdictSection } from './page/verdict-section.js';
import { readRun } from './run/read-run.js';
import { sentimentRelation } from './verdict/sentiment-relation.js';
import { verdict } from './verdict/verdict.js';

/**
 * The report of one evaluated run as one HTML page that needs nothing beside it: no script, no font, no request. It reads
 * the run folder only, and the same folder gives the same bytes.
 *
 * @throws ReportInputError when a file of the run is missing or broken, or a model row lacks its baselines
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
