import type { Evaluation, MetricsRow } from '@fin/forecast';
import { fixed, pEquals, percent, percentRange } from '../html/format.js';
import type { Html } from '../html/html.js';
import { html } from '../html/html.js';
import type { Verdict } from '../verdict/verdict.js';
import { modelRows } from '../verdict/verdict.js';

/** The answer first, then the four figures it rests on. */
export function verdictSection({ outcome, headline, details }: Verdict, evaluation: Evaluation): Html {
  const [model] = modelRows(evaluation);
  const persistence = evaluation.rows.find((row) => row.model === 'persistence') as MetricsRow;
  return html`<section class="verdict ${outcome}" aria-labelledby="verdict">
<h2 id="verdict">${headline}</h2>
${details.map((detail) => html`<p>${detail}</p>`)}
</section>
<dl class="figures">
${figure('Mean absolute error', fixed(model.mae, 2), `persistence ${fixed(persistence.mae, 2)}`)}
${figure('Root mean squared error', fixed(model.rmse, 2), `persistence ${fixed(persistence.rmse, 2)}`)}
${figure(
  'Right direction',
  model.directionalAccuracy === null ? 'n/a' : percent(model.directionalAccuracy, 1),
  model.directionalInterval === null ? 'names none' : percentRange(model.directionalInterval, 1),
)}
${figure('Test against persistence', model.dieboldMariano === null ? 'n/a' : pEquals(model.dieboldMariano.pValue), 'Diebold-Mariano')}
</dl>`;
}

function figure(name: string, value: string, beside: string): Html {
  return html`<div><dt>${name}</dt><dd><span class="value">${value}</span><br><span class="beside">${beside}</span></dd></div>`;
}
