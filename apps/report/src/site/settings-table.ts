import type { Html } from './html.js';
import { html } from './html.js';

/** Everything in a JSON value, one line per setting: `outer.inner` and its value. */
export function settingsTable(caption: string, value: unknown): Html {
  return html`<table class="settings"><caption>${caption}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
<tbody>
${flatten(value, '').map(
  ([name, text]) => html`<tr><th scope="row"><code>${name}</code></th><td>${text}</td></tr>
`,
)}
</tbody></table>`;
}

/** Names nested settings `outer.inner`. Lists of plain values become one line. */
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
