import type { Evaluation, MetricsRow } from '@fin/forecast';
import type { Html } from '../html.js';
import { fixed, html, percent, percentRange, pValue } from '../html.js';
import { isBaseline } from '../verdict.js';

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
  ['moving-average', 'mean of the last five closes'],
  ['ar', 'autoregression of daily returns, its order chosen on the training days'],
  ['arima-1-1-1', 'ARIMA(1,1,1) of the log close, estimated on the training days'],
  ['ridge', 'ridge regression on the same price features that the LSTM reads'],
  ['ridge-sentiment', 'the same with the day’s sentiment'],
];

/** The model's row and its baselines, and the meaning of each column. */
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

/** Minimum distance from 50 % that the intervals' lines cover, so that small differences do not look large. */
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

const GLYPH_WIDTH = 108;
const GLYPH_HEIGHT = 14;
/** Room for half a dot at either end, px. */
const GLYPH_MARGIN = 4;

/**
 * A share and its interval drawn on a line whose middle is 50 %. The text next to it has the same figures.
 *
 * @param reach largest distance from 50 % that the line shows
 */
export function rangeGlyph(share: number, [low, high]: readonly [number, number], reach: number): Html {
  const x = (value: number) =>
    (GLYPH_WIDTH / 2 + ((value - 0.5) / reach) * (GLYPH_WIDTH / 2 - GLYPH_MARGIN)).toFixed(1);
  const middle = GLYPH_HEIGHT / 2;
  return html`<svg class="range" viewBox="0 0 ${GLYPH_WIDTH} ${GLYPH_HEIGHT}" aria-hidden="true"><path d="M${x(0.5)},0V${GLYPH_HEIGHT}" stroke="#9aa5b1" stroke-dasharray="2 2"/><path d="M${x(low)},${middle}H${x(high)}" stroke="#1f2933" stroke-width="2" stroke-linecap="round"/><circle cx="${x(share)}" cy="${middle}" r="3.5" fill="#1f2933"/></svg>`;
}
