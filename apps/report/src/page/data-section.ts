import type { RunData } from '@fin/forecast';
import type { Html } from '../html/html.js';
import { html } from '../html/html.js';

/** Which days the run saw, and in which role. */
export function dataSection({ name, fingerprint, splits }: RunData): Html {
  const rows = (['train', 'validation', 'test'] as const).map((split) => {
    const { n, first, last } = splits[split];
    return html`<tr><th scope="row">${split}</th><td>${n}</td><td>${first ?? '–'}</td><td>${last ?? '–'}</td></tr>
`;
  });
  return html`<h2>Data</h2>
<p>Market: ${name}. Splits are by the day that is forecast, in time order; everything fitted was fitted on the training days.</p>
<table class="splits">
<thead><tr><th scope="col">Split</th><th scope="col">Days</th><th scope="col">First</th><th scope="col">Last</th></tr></thead>
<tbody>${rows}</tbody>
</table>
<p class="soft">Fingerprint of the data (sha256): <code>${fingerprint}</code></p>`;
}
