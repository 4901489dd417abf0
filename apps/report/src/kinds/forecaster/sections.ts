import type { Evaluation, MetricsRow, RunData } from '@fin/forecast';
import type { Html } from '../../site/html.js';
import { fixed, html, pEquals, percent, percentRange } from '../../site/html.js';
import type { Verdict } from './verdict.js';
import { modelRows } from './verdict.js';

/** A warning above the results of a synthetic market; null for a real one. */
export function syntheticBanner({
  name,
  synthetic,
  signal,
}: Pick<RunData, 'name' | 'synthetic' | 'signal'>): Html | null {
  if (!synthetic) return null;
  return html`<aside class="banner" role="note"><p><strong>Synthetic market${signalText(signal)}.</strong>
  Prices and headlines of ${name} were made up by a generator. Its results show whether the pipeline finds a signal that is
  known to be there, and none that is not. They say nothing about a real market.</p></aside>`;
}

function signalText(signal: number | null): string {
  if (signal === null) return '';
  return signal === 0 ? ', with no signal planted (signal 0)' : `, with a planted signal of ${signal}`;
}

/** The conclusion and the four figures it rests on. */
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

/** The market and the days of each split. */
export function dataSection({ name, fingerprint, splits }: RunData, source: Html): Html {
  const rows = (['train', 'validation', 'test'] as const).map((split) => {
    const { n, first, last } = splits[split];
    return html`<tr><th scope="row">${split}</th><td>${n}</td><td>${first ?? '–'}</td><td>${last ?? '–'}</td></tr>
`;
  });
  return html`<h2>Data</h2>
<p class="free">Market: ${name}. Splits are by the day that is forecast, in time order; everything fitted was fitted on the training days.</p>
<table class="splits">
<caption>Days of each split</caption>
<thead><tr><th scope="col">Split</th><th scope="col">Days</th><th scope="col">First</th><th scope="col">Last</th></tr></thead>
<tbody>${rows}</tbody>
</table>
<p class="source">Source: ${source}</p>
<p class="soft">Fingerprint of the data (sha256): <code>${fingerprint}</code></p>`;
}
