import { runFiles } from '@fin/forecast';
import type { Chart } from '../../site/chart.js';
import { FILES, toCsv } from '../../site/chart.js';
import { html, percent } from '../../site/html.js';
import { sourceOf } from '../../site/source.js';
import type { ReportedKind } from '../run-report.js';
import { drawForecaster } from './charts.js';
import { metricsRows, metricsTable } from './metrics-table.js';
import { readForecaster } from './read-forecaster.js';
import { dataSection, syntheticBanner, verdictSection } from './sections.js';
import { mainFigure, sentimentRelation, verdict } from './verdict.js';

/** Forecasts of a trained forecaster beside its baselines. */
export const forecasterKind: ReportedKind = {
  kind: 'forecaster',
  slug: 'forecast',
  nav: 'Forecast',
  reference: 'persistence',
  async report(runDir, { slug }) {
    const run = await readForecaster(runDir);
    const { name, data, evaluation, predictions } = run;
    const test = predictions.filter(({ split }) => split === 'test');
    const words = verdict(evaluation, data, sentimentRelation(test, evaluation.level));
    const charts = await drawForecaster(run, slug);
    const { closes, gain, intervals, errors, directions, sentiment, relation, learning } = charts;
    const rows = sourceOf(name, runFiles.evaluation, 'one row of the table per entry of rows, in order');
    const figures = html`${sourceOf(name, runFiles.evaluation, 'rows')}; the relation of sentiment and return is computed from ${sourceOf(name, runFiles.predictions, 'its test days')}`;
    const csv = `${FILES}/${slug}-metrics.csv`;
    const drawn = Object.values(charts).filter((chart): chart is Chart => chart !== null);
    return {
      run,
      title: `Next-day close of ${data.name}`,
      subtitle: `${evaluation.n} test days, ${evaluation.first} to ${evaluation.last}. Run ${name}.`,
      banner: syntheticBanner(data),
      body: html`${verdictSection(words, evaluation)}
<p class="source">Source: ${figures}</p>
${metricsTable(evaluation, rows, csv)}
${errors && html`<h2>Error against persistence</h2>${errors.html}`}
${directions && html`<h2>Direction</h2>${directions.html}`}
<h2>Predicted and actual close</h2>
${closes.html}
<h2>Gain over persistence, day by day</h2>
${gain.html}
${intervals && html`<h2>Prediction intervals</h2>${intervals.html}`}
<h2>Sentiment and close</h2>
${sentiment.html}
${relation && html`<h2>Sentiment and the returns around it</h2>${relation.html}`}
<h2>Learning curve</h2>
${learning ? learning.html : html`<p>The run recorded no epochs.</p>`}
${dataSection(data, sourceOf(name, runFiles.data, 'splits'))}`,
      finding: {
        outcome: words.outcome,
        headline: words.headline,
        sentences: words.details,
        source: figures,
        figure: mainFigure(evaluation),
      },
      pictures: [errors ?? gain, closes, ...(errors ? [gain] : []), sentiment],
      files: new Map([
        ...drawn.flatMap((chart) => [...chart.files]),
        [csv, toCsv(metricsRows(evaluation))] as const,
      ]),
      method: html`<p>Each day, the model reads the headlines and prices up to that day and forecasts the close of the next trading day.
Every forecast is compared with what needs no model: tomorrow’s close is today’s (persistence), today’s close plus the mean change (drift), and others.
A difference counts when the two-sided Diebold-Mariano test of the daily losses, with the correction of Harvey, Leybourne and Newbold, rejects at the ${percent(1 - evaluation.level, 0)} level.
Intervals of shares are Wilson’s, those of error differences are from a stationary block bootstrap over the days.</p>
<p>Splits follow time: nothing was fitted on a validation or test day. The weights are those of the epoch with the least validation loss.</p>`,
      caveats: [
        'One market in one period is one sample: another period may turn out differently.',
        'The tests and intervals of a run treat the trained model as given. They do not cover another seed, another split or other settings.',
        'A price-level R² near 1 and a small percentage error are what “tomorrow’s close is today’s” gets as well; only the difference to it says something.',
        'Forecasts are compared by their errors. Trading costs, risk and whether anyone could have traded at the close are left out.',
        ...(data.synthetic ? ['The market is made up; nothing here is about a real one.'] : []),
      ],
    };
  },
};
