import type { BacktestRow } from '@fin/forecast';
import { colors, dotInterval, seriesColors, walkForwardFolds } from '@fin/viz';
import type { Chart } from '../../site/chart.js';
import { FILES, makeChart, toCsv } from '../../site/chart.js';
import { fixed, fixedRange, html, pEquals, percent, signed, visible } from '../../site/html.js';
import { sourceOf } from '../../site/source.js';
import { metricsRows, metricsTable } from '../forecaster/metrics-table.js';
import { drawDirections, drawErrors } from '../forecaster/row-charts.js';
import { syntheticBanner } from '../forecaster/sections.js';
import { isBaseline } from '../forecaster/verdict.js';
import type { Finding, ReportedKind, RunReport } from '../run-report.js';
import { choiceMethod, choiceSection, choiceSentence } from './choice.js';
import type { BacktestRun } from './read-backtest.js';
import { backtestFiles, readBacktest } from './read-backtest.js';

/** Level of the intervals and tests of a walk-forward run. */
const LEVEL = 0.95;

/** Models and baselines that were trained anew on every fold. */
export const backtestKind: ReportedKind = {
  kind: 'backtest',
  slug: 'walk-forward',
  nav: 'Walk-forward',
  reference: 'persistence',
  report: (runDir, { slug }) => reportWalk(runDir, 'backtest', slug),
};

/** A setting that was chosen on validation days, and trained anew on every fold. */
export const sweepKind: ReportedKind = {
  kind: 'sweep',
  slug: 'sweep',
  nav: 'Sweep',
  reference: 'persistence',
  report: (runDir, { slug }) => reportWalk(runDir, 'sweep', slug),
};

async function reportWalk(runDir: string, kind: 'backtest' | 'sweep', slug: string): Promise<RunReport> {
  const run = await readBacktest(runDir, kind);
  const { name, results, data, choice } = run;
  const rows = results.rows.map((row) => ({
    ...row,
    dieboldMariano: row.dieboldMariano && {
      ...row.dieboldMariano,
      pValue: row.dieboldMariano.adjustedPValue,
    },
  }));
  const measured = { ...results, rows, n: rows[0].n, level: LEVEL };
  const charted = { name, file: backtestFiles.results, evaluation: measured };
  const errors = await drawErrors(charted, slug);
  const directions = await drawDirections(charted, slug);
  const ablation = await drawAblation(run, slug);
  const folds = await drawFolds(run, slug);
  const drawn = [errors, directions, ablation, folds].filter((chart): chart is Chart => chart !== null);
  const source = sourceOf(
    name,
    backtestFiles.results,
    'rows, in the order of the table; DM p is dieboldMariano.adjustedPValue',
  );
  const finding = findingOf(run);
  const csv = `${FILES}/${slug}-metrics.csv`;
  const choiceCsv = `${FILES}/${slug}-settings.csv`;
  return {
    run,
    title: `${kind === 'sweep' ? 'Sweep and walk-forward' : 'Walk-forward'} on ${results.market}`,
    subtitle: `${rows[0].n} test days in ${results.folds} folds, ${results.first} to ${results.last}. Run ${name}.`,
    banner: syntheticBanner({
      name: results.market,
      synthetic: results.synthetic,
      signal: data.signal,
    }),
    body: html`<section class="verdict ${finding.outcome}" aria-labelledby="verdict">
<h2 id="verdict">${finding.headline}</h2>
${finding.sentences.map((sentence) => html`<p>${sentence}</p>`)}
</section>
<p class="source">Source: ${source}</p>
${choice && choiceSection(choice, name, choiceCsv)}
${metricsTable(measured, source, csv)}
<p class="soft">Errors are means over the seeds. DM p is corrected by Holm’s method for the number of rows.</p>
${errors && html`<h2>Error against persistence</h2>${errors.html}`}
${directions && html`<h2>Direction</h2>${directions.html}`}
${ablation && html`<h2>Models against each other</h2>${ablation.html}`}
<h2>Folds</h2>
${folds.html}
<p class="soft">Fingerprint of the data (sha256): <code>${data.fingerprint}</code></p>`,
    finding: { ...finding, source },
    pictures: [ablation ?? errors ?? folds, folds],
    files: new Map([
      ...drawn.flatMap((chart) => [...chart.files]),
      [csv, toCsv(metricsRows(measured))] as const,
      ...(choice ? [[choiceCsv, toCsv(choice.settings)] as const] : []),
    ]),
    method: html`<p>The test days are cut into folds. For each fold, models and baselines are fitted anew on earlier days only, and forecast the fold’s days; all folds’ forecasts are measured together.
Losses are averaged over the seeds day by day before any test, since seeds are no independent samples. P-values of the Diebold-Mariano tests are corrected by Holm’s method; intervals of differences are from a stationary block bootstrap over the days.</p>${choice && choiceMethod()}`,
    caveats: [
      'A walk-forward run covers more periods than one split, but they are periods of one market.',
      ...(rows.every(({ seeds }) => seeds === 1)
        ? [
            'Each model of the walk-forward run was trained with one seed per fold: how much it depends on the seed is not known.',
          ]
        : []),
    ],
  };
}

const modelsOf = ({ results }: BacktestRun): BacktestRow[] => results.rows.filter((row) => !isBaseline(row));

/** Says of every model how it compares with persistence over all folds. */
function findingOf(run: BacktestRun): Omit<Finding, 'source'> {
  const models = modelsOf(run);
  const tested = models.flatMap(({ dieboldMariano }) => dieboldMariano ?? []);
  const rejects = tested.filter(({ adjustedPValue }) => adjustedPValue < 1 - LEVEL);
  const better = rejects.filter(({ statistic }) => statistic < 0).length;
  const worse = rejects.length - better;
  const outcome =
    tested.length === 0 ? 'untested' : better > 0 ? 'better' : worse === models.length ? 'worse' : 'same';
  const all = `${models.length} ${models.length === 1 ? 'model' : 'models'}`;
  const headlines = {
    untested: 'The folds cannot say whether a model forecasts anything.',
    better: `${better} of ${all} beat “tomorrow’s close is today’s close” over all folds.`,
    worse: 'Over all folds, every model lost to “tomorrow’s close is today’s close”.',
    same: 'Over all folds, no model beat “tomorrow’s close is today’s close”.',
  } as const;
  const best = models.reduce<BacktestRow | null>(
    (least, row) => (least === null || row.mae < least.mae ? row : least),
    null,
  );
  return {
    outcome,
    headline: headlines[outcome],
    sentences: [...(run.choice ? [choiceSentence(run.choice)] : []), ...models.map((row) => sentenceOf(row))],
    figure: {
      name: 'Least mean absolute error of a model',
      value: best === null ? 'n/a' : `${fixed(best.mae, 2)} points`,
      beside: best === null ? '' : `${best.model}, ${againstPersistence(best)}`,
    },
  };
}

function sentenceOf(row: BacktestRow): string {
  const seeds =
    row.deviations === null
      ? 'one seed'
      : `mean of ${row.seeds} seeds, standard deviation ${fixed(row.deviations.mae, 2)}`;
  const test =
    row.dieboldMariano === null
      ? 'the difference cannot be tested'
      : row.dieboldMariano.adjustedPValue < 1 - LEVEL
        ? `a difference that chance alone would rarely give (Diebold-Mariano ${pEquals(row.dieboldMariano.adjustedPValue)} after Holm’s correction)`
        : `a difference that chance alone can explain (Diebold-Mariano ${pEquals(row.dieboldMariano.adjustedPValue)} after Holm’s correction)`;
  return `${row.model} has a mean absolute error of ${fixed(row.mae, 2)} index points (${seeds}), ${againstPersistence(row)}: ${test}.`;
}

function againstPersistence({ differences }: BacktestRow): string {
  if (differences === null) return 'not compared with persistence';
  const { value, interval } = differences.mae;
  const range = interval === null ? '' : ` (${percent(LEVEL, 0)} interval ${fixedRange(interval, 2)})`;
  return `${signed(value, 2)} against persistence${range}`;
}

/** Differences between models: what a part of the model adds. Null for a single model. */
function drawAblation(run: BacktestRun, slug: string): Promise<Chart | null> {
  const models = new Set(modelsOf(run).map(({ model }) => model));
  const rows = run.results.comparisons.flatMap(({ model, reference, differences: { mae } }) =>
    models.has(model) && models.has(reference) && mae.interval !== null
      ? [
          {
            name: visible(`${model} − ${reference}`),
            value: mae.value,
            low: mae.interval[0],
            high: mae.interval[1],
          },
        ]
      : [],
  );
  if (rows.length === 0) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-ablation`,
    title: 'Models against each other',
    caption: `Mean absolute error of the first model minus that of the second, on the same days, with ${percent(LEVEL, 0)} block-bootstrap intervals. Left of the line the first errs less; grey rows show no difference.`,
    source: sourceOf(run.name, backtestFiles.results, 'comparisons[…].differences.mae'),
    draw: (options) => dotInterval(rows, { ...options, quantity: 'Difference, index points', reference: 0 }),
    key: { y: 'name' },
    values: [
      [
        { label: 'Difference', field: 'value', format: 'points', color: null },
        { label: 'From', field: 'low', format: 'points', color: null },
        { label: 'To', field: 'high', format: 'points', color: null },
      ],
    ],
  });
}

function drawFolds({ name, folds }: BacktestRun, slug: string): Promise<Chart> {
  const rows = folds.map(({ train, validation, test }) => ({
    train: [train.first, train.last] as const,
    validation: [validation.first, validation.last] as const,
    test: [test.first, test.last] as const,
  }));
  return makeChart({
    id: `${slug}-folds`,
    title: 'Folds',
    caption:
      'Days of each fold: models are fitted on the training days, stopped by the validation days, and measured on the test days.',
    source: sourceOf(name, backtestFiles.folds, 'folds'),
    draw: (options) => walkForwardFolds(rows, options),
    key: { y: 'fold' },
    pointed: rows.map((spans, i) => ({
      fold: i + 1,
      ...Object.fromEntries(
        Object.entries(spans).map(([part, [first, last]]) => [part, `${first} to ${last}`]),
      ),
    })),
    values: [
      [
        { label: 'Training', field: 'train', format: 'text', color: colors.actual },
        { label: 'Validation', field: 'validation', format: 'text', color: seriesColors[4] },
        { label: 'Test', field: 'test', format: 'text', color: colors.second },
      ],
    ],
  });
}
