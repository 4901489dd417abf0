import type { ComparisonResults, Delta, DeltaName, JobName } from '@fin/compare';
import { deltaNames, formatDelta } from '@fin/compare';
import type { Html } from '../../site/html.js';
import { html, percent } from '../../site/html.js';
import { deltaWords, jobWords } from './measures.js';

/** The optimized variant against the baseline, a column per job. */
export function optimizedTable(results: ComparisonResults): Html {
  const { jobs, level, optimized, baseline } = results;
  return deltaTable({
    caption: `${optimized} against ${baseline}. Small figures are ${percent(level, 0)} intervals over seeds and repeats.`,
    columns: jobs.map((job) => ({
      name: jobWords[job],
      deltas: results.deltas.filter((delta) => delta.job === job && delta.variant === optimized),
    })),
  });
}

/** Every variant of one job against the baseline, a column per variant. */
export function jobTable(results: ComparisonResults, job: JobName): Html {
  const { level, baseline, variants } = results;
  const others = variants.filter((row) => row.job === job && row.name !== baseline);
  return deltaTable({
    caption: `${jobWords[job]}: each variant against ${baseline}. Small figures are ${percent(level, 0)} intervals over seeds and repeats.`,
    columns: others.map(({ name }) => ({
      name,
      deltas: results.deltas.filter((delta) => delta.job === job && delta.variant === name),
    })),
  });
}

interface Column {
  readonly name: string;
  readonly deltas: readonly Delta[];
}

function deltaTable({ caption, columns }: { caption: string; columns: readonly Column[] }): Html {
  const measured = deltaNames.filter((name) =>
    columns.some(({ deltas }) => deltas.some(({ metric }) => metric === name)),
  );
  return html`<table class="stacked deltas">
<caption>${caption}</caption>
<thead><tr><th scope="col">Measure</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${measured.map(
  (metric) => html`<tr>
<th scope="row">${deltaWords[metric]}</th>
${columns.map(({ name, deltas }) => html`<td data-label="${name}">${cell(metric, deltas)}</td>`)}
</tr>
`,
)}
</tbody>
</table>`;
}

function cell(metric: DeltaName, deltas: readonly Delta[]): Html {
  const delta = deltas.find((one) => one.metric === metric);
  if (!delta) return html`<span>n/a</span>`;
  const { interval, conclusion } = delta;
  const range =
    interval === null ? '' : `${interval.map((bound) => formatDelta(metric, bound)).join(' to ')}, `;
  return html`<span>${sizeOf(delta)}<span class="interval">${range}<span class="conclusion ${conclusion}">${conclusion}</span></span></span>`;
}

const sizeOf = ({ kind, metric, value }: Delta): string =>
  kind === 'ratio' ? `÷\u00a0${formatDelta(metric, value)}` : formatDelta(metric, value);

/** Every difference with all its digits, one flat row each. */
export function deltaRows({ deltas }: ComparisonResults): Record<string, unknown>[] {
  return deltas.map(({ job, variant, baseline, metric, kind, value, interval, pairs, conclusion }) => ({
    job,
    variant,
    baseline,
    metric,
    kind,
    value,
    low: interval?.[0],
    high: interval?.[1],
    pairs,
    conclusion,
  }));
}
