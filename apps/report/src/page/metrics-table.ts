import type { Evaluation, MetricsRow } from '@fin/forecast';
import { fixed, percent, percentRange, pValue } from '../html/format.js';
import type { Html } from '../html/html.js';
import { html } from '../html/html.js';
import { isBaseline } from '../verdict/verdict.js';
import { rangeGlyph } from './range-glyph.js';

const MEANINGS: readonly (readonly [term: string, meaning: string])[] = [
  ['MAE, RMSE', 'mean absolute and root mean squared error of the forecast close, in index points'],
  ['MAPE', 'mean absolute error as a share of the close; 1 − MAPE is no accuracy'],
  [
    'R²',
    'of the price level: near 1 for anything that starts from the last close, so compare it with persistence only',
  ],
  [
    'Direction',
    'share of days whose rise or fall was forecast, among the forecasts that name one, with its Wilson interval; the mark in the middle is 50 %',
  ],
  [
    'DM p',
    'Diebold-Mariano test against persistence, two-sided, with the correction of Harvey, Leybourne and Newbold; persistence itself has none',
  ],
  ['n/a', 'no value on these days; the notes below the table give the reason'],
  ['persistence', 'tomorrow’s close is today’s'],
  ['drift', 'today’s close plus the mean daily change of the training days'],
  ['majority-class', 'always the more frequent direction of the training days, by their median change'],
];

/** Model rows among their baselines, and what the columns mean. */
export function metricsTable(evaluation: Evaluation): Html {
  const { rows, n, first, last, level } = evaluation;
  const notes = rows.flatMap((row) => row.notes.map((note) => `${row.model}: ${note}`));
  const bounds = rows.flatMap((row) => row.directionalInterval ?? []);
  const reach = Math.max(MIN_REACH, ...bounds.map((bound) => Math.abs(bound - 0.5)));
  return html`<h2>Beside the baselines</h2>
<table class="metrics">
<caption>Forecasts of the close of ${n} test days, ${first} to ${last}</caption>
<thead><tr>
<th scope="col">Forecast</th>
<th scope="col">MAE<span class="unit">points</span></th>
<th scope="col">RMSE<span class="unit">points</span></th>
<th scope="col">MAPE</th>
<th scope="col">R²</th>
<th scope="col">Direction<span class="unit">${percent(level, 0)} interval</span></th>
<th scope="col">DM p<span class="unit">to persistence</span></th>
</tr></thead>
<tbody>
${rows.map((row) => tableRow(row, reach))}
</tbody>
</table>
${notes.length > 0 ? html`<ol class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ol>` : null}
<h3>How to read this table</h3>
<dl class="meanings">
${MEANINGS.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}
</dl>`;
}

/** Least distance from 50 % that the intervals' lines show, so that small differences are not blown up. */
const MIN_REACH = 0.1;

function tableRow(row: MetricsRow, reach: number): Html {
  const direction =
    row.directionalAccuracy === null || row.directionalInterval === null
      ? html`<span>n/a</span>`
      : html`<span>${percent(row.directionalAccuracy, 1)} <span class="interval">${percentRange(row.directionalInterval, 1)}</span>${rangeGlyph(row.directionalAccuracy, row.directionalInterval, reach)}</span>`;
  return html`<tr${isBaseline(row) ? null : html` class="model"`}>
<th scope="row">${row.model}</th>
<td data-label="MAE, points">${fixed(row.mae, 2)}</td>
<td data-label="RMSE, points">${fixed(row.rmse, 2)}</td>
<td data-label="MAPE">${row.mape === null ? 'n/a' : percent(row.mape, 3)}</td>
<td data-label="R²">${row.r2 === null ? 'n/a' : fixed(row.r2, 3)}</td>
<td data-label="Direction">${direction}</td>
<td data-label="DM p to persistence">${row.dieboldMariano === null ? 'n/a' : pValue(row.dieboldMariano.pValue)}</td>
</tr>
`;
}
