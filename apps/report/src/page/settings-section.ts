import type { Html } from '../html/html.js';
import { html } from '../html/html.js';
import type { ReportRun } from '../run/read-run.js';

/** All that it takes to repeat the run: settings with their seeds, and the machine it ran on. */
export function settingsSection({ config, environment }: ReportRun): Html {
  return html`<h2>To repeat this run</h2>
<h3>Settings and seeds</h3>
${settings(config)}
<h3>Environment</h3>
${settings(environment)}`;
}

function settings(value: unknown): Html {
  return html`<table class="settings"><tbody>
${flatten(value, '').map(
  ([name, text]) => html`<tr><th scope="row"><code>${name}</code></th><td>${text}</td></tr>
`,
)}
</tbody></table>`;
}

/** Nested settings as `outer.inner`; lists of plain values on one line. */
function flatten(value: unknown, path: string): [name: string, text: string][] {
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) {
    return [[path, value.length === 0 ? 'none' : value.map(String).join(', ')]];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      flatten(inner, path === '' ? key : `${path}.${key}`),
    );
  }
  return [[path, value === null ? 'none' : String(value)]];
}
