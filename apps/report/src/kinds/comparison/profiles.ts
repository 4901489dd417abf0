import type { JobName, VariantName } from '@fin/compare';
import { profileFile } from '@fin/compare';
import type { ProfileSummary } from '@fin/profiler';
import { compareProfiles, memoryCategories } from '@fin/profiler';
import { memoryTimeline, opBreakdown, seriesColors } from '@fin/viz';
import type { Chart } from '../../site/chart.js';
import { makeChart } from '../../site/chart.js';
import type { Html } from '../../site/html.js';
import { fixed, html, percent, visible } from '../../site/html.js';
import { sourceOf } from '../../site/source.js';
import { seriesValues } from './charts.js';
import { jobWords } from './measures.js';
import type { ComparisonRun } from './read-comparison.js';

/** The profiles of one job. */
export interface ProfiledJob {
  readonly body: Html;
  readonly charts: readonly Chart[];
}

/** Ops shown by name. */
const OPS = 12;

const MS = 1000;
const MB = 1e6;

/** Where the time and the memory of an update go, before and after. Null for a job that was not profiled. */
export async function profiledJob(
  run: ComparisonRun,
  job: JobName,
  slug: string,
): Promise<ProfiledJob | null> {
  const pair = run.profiles.get(job);
  if (!pair) return null;
  const { baseline, optimized } = run.results;
  const profiles = [
    { name: baseline, summary: pair.baseline },
    { name: optimized, summary: pair.optimized },
  ];
  const ops = await drawOps(run, job, slug, profiles);
  const memory = await Promise.all(profiles.flatMap((profile) => drawMemory(run, job, slug, profile) ?? []));
  const title = jobWords[job];
  const source = profiles.map(
    ({ name }, i) => html`${i === 0 ? '' : ' and '}${sourceOf(run.name, profileFile(job, name), '')}`,
  );
  return {
    charts: [ops, ...memory],
    body: html`<h3>Where the time of an update goes</h3>
<p>${profiles.map(({ name, summary }) => sentence(name, summary)).join(' ')} Profiling itself makes updates slower, so compare shares here and costs above.</p>
${phaseTable(`${title}: time by phase of an update, ms`, profiles)}
${ops.html}
${opTable(`${title}: the ops whose time changes most, per update`, profiles)}
<p class="source">Source: ${source}: phases and ops, divided by steps</p>
${memory.length === 0 ? null : html`<h3>Where the memory goes</h3>${memory.map((chart) => chart.html)}`}`,
  };
}

interface Profiled {
  readonly name: VariantName;
  readonly summary: ProfileSummary;
}

function sentence(name: string, { duration, steps, products, javascriptTime }: ProfileSummary): string {
  const peak =
    products.shareOfPeak === null
      ? ''
      : `, at ${percent(products.shareOfPeak, 0)} of the speed that this machine reaches in large products`;
  return (
    `${name}: ${fixed(duration / steps / MS, 1)} ms per update, ${percent(products.time / duration, 0)} of it in matrix products and ` +
    `attention${peak}, and ${percent(javascriptTime / duration, 0)} in JavaScript between ops.`
  );
}

function phaseTable(caption: string, profiles: readonly Profiled[]): Html {
  const phases = [...new Set(profiles.flatMap(({ summary }) => summary.phases.map(({ phase }) => phase)))];
  const time = ({ summary }: Profiled, name: string) =>
    (summary.phases.find(({ phase }) => phase === name)?.time ?? 0) / summary.steps / MS;
  return html`<table class="stacked">
<caption>${caption}</caption>
<thead><tr><th scope="col">Phase</th>${profiles.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${phases.map(
  (phase) => html`<tr>
<th scope="row">${phase}</th>
${profiles.map((profile) => html`<td data-label="${profile.name}">${fixed(time(profile, phase), 1)}</td>`)}
</tr>
`,
)}
</tbody>
</table>`;
}

function opTable(caption: string, [before, after]: readonly Profiled[]): Html {
  const rows = compareProfiles(before.summary, after.summary).slice(0, OPS);
  const cell = (name: string, calls: number, time: number) => {
    const count = `${fixed(calls, 0)} ${Math.round(calls) === 1 ? 'call' : 'calls'}`;
    const small = calls > 0 ? html`<span class="interval">${count}</span>` : null; // the time between ops has none
    return html`<td data-label="${name}"><span>${time > 0 ? `${fixed(time / MS, 2)} ms` : 'none'}${small}</span></td>`;
  };
  return html`<table class="stacked">
<caption>${caption}</caption>
<thead><tr><th scope="col">Op</th><th scope="col">${before.name}</th><th scope="col">${after.name}</th></tr></thead>
<tbody>
${rows.map(
  ({ name, calls, time }) => html`<tr>
<th scope="row">${name}</th>
${cell(before.name, calls[0], time[0])}
${cell(after.name, calls[1], time[1])}
</tr>
`,
)}
</tbody>
</table>`;
}

function drawOps(
  { name: run }: ComparisonRun,
  job: JobName,
  slug: string,
  profiles: readonly Profiled[],
): Promise<Chart> {
  const timed = profiles.map(({ name, summary: { ops, steps } }) => ({
    name,
    ops: ops
      .filter(({ selfTotal }) => selfTotal > 0)
      .map(({ name: op, selfTotal }) => ({ op: visible(op), ms: selfTotal / steps / MS })),
  }));
  const names = profiles.map(({ name }) => name);
  const spec = (options: { title: string | null; width: number }) =>
    opBreakdown(timed, { ...options, top: OPS });
  return makeChart({
    id: `${slug}-${job}-ops`,
    title: `Time by op: ${jobWords[job].toLowerCase()}`,
    caption: `Self time per update of the ${OPS} most expensive ops; the others are added up. An op whose name begins with Fin is one of this project’s fused ops, which does the work of many.`,
    source: sourceOf(run, `profiles/${job}-….json`, 'ops[…].selfTotal over steps'),
    draw: spec,
    key: { y: 'op' },
    pointed: pivot(spec({ title: null, width: 1 }), 'op', 'profile', 'ms'),
    values: [seriesValues(names, ', ms per update')],
  });
}

/** One row per key from rows of one series each. */
function pivot(spec: unknown, key: string, series: string, value: string): Record<string, unknown>[] {
  const { values } = (spec as { data: { values: Record<string, string | number>[] } }).data;
  const rows = new Map<string | number, Record<string, unknown>>();
  for (const row of values) {
    const own = rows.get(row[key]) ?? { [key]: row[key] };
    own[row[series]] = row[value];
    rows.set(row[key], own);
  }
  return [...rows.values()];
}

function drawMemory(
  { name: run }: ComparisonRun,
  job: JobName,
  slug: string,
  { name, summary }: Profiled,
): Promise<Chart> | null {
  const { memory } = summary;
  if (!memory || memory.peak.total === 0) return null;
  const categories = memoryCategories.filter((category) =>
    memory.timeline.some(({ bytes }) => bytes[category] > 0),
  );
  const rows = memory.timeline.flatMap(({ time, bytes }) =>
    categories.map((category) => ({
      ms: time / MS,
      category,
      bytes: bytes[category],
    })),
  );
  return makeChart({
    id: `${slug}-${job}-memory-${name}`,
    title: `Memory of ${name}: ${jobWords[job].toLowerCase()}`,
    caption: `Native tensors of ${name} over ${summary.steps} updates, by what they are for; at most ${fixed(memory.peak.total / MB, 0)} MB. “Optimizer” is its state and its temporary results; “other” was made before the profile, such as packed weights.`,
    source: sourceOf(run, profileFile(job, name), 'memory.timeline'),
    draw: (options) => memoryTimeline(rows, options),
    key: { x: 'time, ms' },
    pointed: memory.timeline.map(({ time, bytes, total }) => ({
      'time, ms': Math.round(time) / MS,
      ...Object.fromEntries(categories.map((category) => [category, bytes[category] / MB])),
      total: total / MB,
    })),
    values: [
      [
        ...categories.map((category, i) => ({
          label: `${category}, MB`,
          field: category,
          format: 'points' as const,
          color: seriesColors[i % seriesColors.length],
          stacked: true,
        })),
        { label: 'total, MB', field: 'total', format: 'points', color: null },
      ],
    ],
  });
}
