import type { MetricsRow } from '@fin/forecast';
import { BASELINE_NAMES } from '@fin/forecast';
import type { Html } from '../../site/html.js';
import { fixed, fixedRange, html, percent, percentRange, pValue, signed } from '../../site/html.js';
import { isBaseline } from './verdict.js';

const MEANINGS: readonly (readonly [term: string, meaning: string])[] = [
  ['MAE, RMSE', 'mean absolute and root mean squared error of the forecast close, in index points'],
  ['MAPE', 'mean absolute error as a share of the close; 1 − MAPE is no accuracy'],
  [
    'R²',
    'of the price level: near 1 for anything that starts from the last close, so compare it with persistence only',
  ],
  [
    'Against persistence',
    'mean absolute error minus that of persistence, with its block-bootstrap interval: below 0 errs less; an interval that holds 0 shows no difference',
  ],
  [
    'Direction',
    'share of days whose rise or fall was forecast, among the forecasts that name one, with its Wilson interval',
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

/** A row of a table of forecasts: a model or a baseline. */
export type TableRow = Omit<MetricsRow, 'pesaranTimmermann' | 'clarkWest'>;

/** Rows measured on the same days. */
export interface MeasuredRows {
  readonly rows: readonly TableRow[];
  readonly n: number;
  readonly first: string;
  readonly last: string;
  readonly level: number;
}

/**
 * The model's row and its baselines, and the meaning of each column.
 *
 * @param source where the figures are from
 * @param csv path of the table's file in the site
 */
export function metricsTable(evaluation: MeasuredRows, source: Html, csv: string): Html {
  const { rows, n, first, last, level } = evaluation;
  const notes = rows.flatMap((row) => row.notes.map((note) => `${row.model}: ${note}`));
  return html`<h2>Beside the baselines</h2>
<table class="metrics stacked">
<caption>Forecasts of the close of ${n} test days, ${first} to ${last}. Small figures are ${percent(level, 0)} intervals.</caption>
<thead><tr>
<th scope="col">Forecast</th>
<th scope="col">MAE<span class="unit">points</span></th>
<th scope="col">Against persistence<span class="unit">points</span></th>
<th scope="col">RMSE<span class="unit">points</span></th>
<th scope="col">MAPE</th>
<th scope="col">R²</th>
<th scope="col">Direction</th>
<th scope="col">DM p</th>
</tr></thead>
<tbody>
${rows.map(tableRow)}
</tbody>
</table>
<p class="source">Source: ${source}</p>
<p class="downloads">Download this table as <a href="${csv}" download>CSV</a></p>
${notes.length > 0 ? html`<h3>Notes</h3><ol class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ol>` : null}
<h3>How to read this table</h3>
<dl class="meanings">
${MEANINGS.filter(([term]) => isShown(term, rows)).map(
  ([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`,
)}
</dl>`;
}

/** Whether a term is a column, or a row of this table. */
function isShown(term: string, rows: readonly TableRow[]): boolean {
  return !(BASELINE_NAMES as readonly string[]).includes(term) || rows.some(({ model }) => model === term);
}

/** Every figure of the table, with all its digits, one flat row each. */
export function metricsRows({ rows }: Pick<MeasuredRows, 'rows'>): Record<string, unknown>[] {
  return rows.map((row) => ({
    model: row.model,
    n: row.n,
    mae: row.mae,
    maeDifference: row.differences?.mae.value,
    maeDifferenceLow: row.differences?.mae.interval?.[0],
    maeDifferenceHigh: row.differences?.mae.interval?.[1],
    rmse: row.rmse,
    mape: row.mape,
    smape: row.smape,
    mase: row.mase,
    r2: row.r2,
    oosR2: row.oosR2,
    directionalAccuracy: row.directionalAccuracy,
    directionalLow: row.directionalInterval?.[0],
    directionalHigh: row.directionalInterval?.[1],
    directionalN: row.directionalN,
    dieboldMarianoStatistic: row.dieboldMariano?.statistic,
    dieboldMarianoP: row.dieboldMariano?.pValue,
  }));
}

const NONE = html`<span>n/a</span>`;

const withInterval = (value: string, interval: string | null): Html =>
  html`<span>${value}${interval === null ? null : html`<span class="interval">${interval}</span>`}</span>`;

function tableRow(row: TableRow): Html {
  const { mae } = row.differences ?? {};
  const difference =
    mae === undefined
      ? NONE
      : withInterval(signed(mae.value, 2), mae.interval && fixedRange(mae.interval, 2));
  const direction =
    row.directionalAccuracy === null
      ? NONE
      : withInterval(
          percent(row.directionalAccuracy, 1),
          row.directionalInterval && percentRange(row.directionalInterval, 1),
        );
  return html`<tr${isBaseline(row) ? null : html` class="model"`}>
<th scope="row">${row.model}</th>
<td data-label="MAE, points">${fixed(row.mae, 2)}</td>
<td data-label="Against persistence, points">${difference}</td>
<td data-label="RMSE, points">${fixed(row.rmse, 2)}</td>
<td data-label="MAPE">${row.mape === null ? 'n/a' : percent(row.mape, 3)}</td>
<td data-label="R²">${row.r2 === null ? 'n/a' : fixed(row.r2, 3)}</td>
<td data-label="Direction">${direction}</td>
<td data-label="DM p to persistence">${row.dieboldMariano === null ? 'n/a' : pValue(row.dieboldMariano.pValue)}</td>
</tr>
`;
}
