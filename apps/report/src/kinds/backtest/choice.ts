import type { Html } from '../../site/html.js';
import { fixed, html } from '../../site/html.js';
import { sourceOf } from '../../site/source.js';
import type { Choice } from './read-backtest.js';
import { backtestFiles } from './read-backtest.js';

/** Settings in the table of the page; the download has all. */
const SHOWN = 20;

/** What a sweep tried, and how it chose. */
export function choiceSection({ chosen, settings }: Choice, run: string, csv: string): Html {
  const [best] = settings;
  const more = settings.length - SHOWN;
  return html`<h2>The settings that were tried</h2>
<p class="free">Chosen by the least error on ${best.n} validation days, before any test day: ${chosen}. The test days below were forecast with that setting alone.</p>
<table class="stacked">
<caption>Root mean squared error on the validation days, mean over the seeds; the best first</caption>
<thead><tr><th scope="col">Setting</th><th scope="col">RMSE, index points</th><th scope="col">Above the best</th><th scope="col">Seeds</th></tr></thead>
<tbody>
${settings.slice(0, SHOWN).map(
  ({ name, seeds, validationRmse }) => html`<tr>
<th scope="row">${name}${name === chosen ? html`<span class="unit">chosen</span>` : null}</th>
<td data-label="RMSE">${fixed(validationRmse, 2)}</td>
<td data-label="Above the best">${fixed(validationRmse - best.validationRmse, 2)}</td>
<td data-label="Seeds">${seeds}</td>
</tr>
`,
)}
</tbody>
</table>
${more > 0 ? html`<p class="soft">${more} more in the download.</p>` : null}
<p class="source">Source: ${sourceOf(run, backtestFiles.choice, 'settings')}. <a href="${csv}" download>Download as CSV</a></p>`;
}

/** What was chosen from how many, in one sentence. */
export function choiceSentence({ chosen, settings: [best, ...others] }: Choice): string {
  const count = others.length + 1;
  if (others.length === 0) return `One setting was tried: ${chosen}.`;
  return `Of ${count} settings, ${chosen} had the least error on the ${best.n} validation days (root mean squared error ${fixed(best.validationRmse, 2)} index points, the worst ${fixed(others[others.length - 1].validationRmse, 2)}).`;
}

/** How a sweep chooses, for the method page. */
export function choiceMethod(): Html {
  return html`<p>A sweep trains every setting on the first fold without its test days, and chooses the one with the least error on the validation days, which all lie before the first test day.
The error of the chosen one on these days is too good, since it is the least of several: only the test days measure it.</p>`;
}
