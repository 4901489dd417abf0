import { runKinds } from '@fin/run';
import { allFindings } from './all-findings.js';
import type { Chart } from './chart.js';
import type { Html } from './html.js';
import { html } from './html.js';
import type { PageContent } from './page.js';
import type { RunPage } from './run-page.js';

/** Number of charts on the overview. */
const PICTURES = 3;

/** The first page: findings in words, the runs, and the most telling charts. */
export function overview(pages: readonly RunPage[]): PageContent {
  return {
    title: 'Findings',
    subtitle: `${pages.length === 1 ? 'One run' : `${pages.length} runs`}: ${pages.map(({ report }) => report.run.name).join(', ')}.`,
    body: [
      ...banners(pages),
      ...allFindings(pages),
      ...pages.map(finding),
      runTable(pages),
      ...mostTelling(pages).map(
        (chart) => html`<h2>${chart.title}</h2>
${chart.html}`,
      ),
    ],
  };
}

/** Each warning once, also when several runs have it. */
function banners(pages: readonly RunPage[]): Html[] {
  const found = new Map(pages.flatMap(({ report: { banner } }) => (banner ? [[banner.text, banner]] : [])));
  return [...found.values()];
}

function finding({ href, name, report }: RunPage): Html {
  const { outcome, headline, sentences, table, source } = report.finding;
  return html`<div class="verdict ${outcome}">
<h2>${headline}</h2>
<p class="soft">${report.title}, run ${report.run.name}.</p>
<p>${sentences.join(' ')} <a href="${href}">Read on: ${name}</a></p>
${table ?? null}
<p class="source">Source: ${source}</p>
</div>`;
}

function runTable(pages: readonly RunPage[]): Html {
  return html`<h2>The runs</h2>
<table class="stacked runs">
<caption>Each run’s main figure on data that it was not fitted on</caption>
<thead><tr><th scope="col">Run</th><th scope="col">Page</th><th scope="col">Main figure</th></tr></thead>
<tbody>
${pages.map(
  ({
    kind,
    href,
    name,
    report: {
      run,
      finding: { figure },
    },
  }) => html`<tr>
<th scope="row">${run.name}<span class="unit">${runKinds[kind.kind].words}</span></th>
<td data-label="Page"><a href="${href}">${name}</a></td>
<td data-label="Main figure"><span>${figure.name} ${figure.value}<span class="interval">${figure.beside}</span></span></td>
</tr>
`,
)}
</tbody>
</table>`;
}

/** The runs' first charts, then their second ones, and so on. */
function mostTelling(pages: readonly RunPage[]): Chart[] {
  const most = Math.max(...pages.map(({ report }) => report.pictures.length));
  const inTurn = Array.from({ length: most }, (_, place) =>
    pages.flatMap(({ report }) => report.pictures.slice(place, place + 1)),
  );
  return inTurn.flat().slice(0, PICTURES);
}
