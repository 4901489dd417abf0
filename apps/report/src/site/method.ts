import type { Html } from './html.js';
import { fixed, html } from './html.js';
import type { PageContent } from './page.js';
import type { RunPage } from './run-page.js';
import { settingsTable } from './settings-table.js';

/** The last page: how every run was made, what its figures do not say, and the files that they come from. */
export function method(pages: readonly RunPage[]): PageContent {
  const caveats = new Set(pages.flatMap(({ report }) => report.caveats));
  return {
    title: 'Method and caveats',
    subtitle: 'How the figures were made, what they do not say, and the files that they come from.',
    body: [
      html`<h2>Caveats</h2>
<ul class="caveats">${[...caveats].map((caveat) => html`<li>${caveat}</li>`)}</ul>
<h2>Where the figures come from</h2>
<p>Every table and chart names the run file that it was made from, with the lines or the JSON path.
Below are all files of each run with their sha256 sums, which were compared with the files when this report was made.
The same run folders give the same report, byte for byte. A chart’s CSV file has its data with all digits.</p>`,
      ...pages.map(methodOfRun),
    ],
  };
}

function methodOfRun({ name, report: { run, method: words } }: RunPage): Html {
  return html`<h2>${name}: run ${run.name}</h2>
${words}
<details><summary>Settings and seeds</summary>
${settingsTable(`${run.name}/config.json`, run.config)}
</details>
<details><summary>Environment</summary>
${settingsTable(`${run.name}/environment.json`, run.environment)}
</details>
<details><summary>Files</summary>
<table class="sums"><caption>Files of ${run.name}, from its manifest.json</caption>
<thead><tr><th scope="col">File</th><th scope="col">Bytes</th><th scope="col">sha256</th></tr></thead>
<tbody>
${run.files.map(
  ({ path, size, sha256 }) =>
    html`<tr><th scope="row"><code>${path}</code></th><td>${fixed(size, 0)}</td><td><code>${sha256}</code></td></tr>
`,
)}
</tbody></table>
</details>`;
}
