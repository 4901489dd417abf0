import type { DeltaName, JobName, VariantRow } from '@fin/compare';
import { dotInterval, latencyByBatch, variantBars } from '@fin/viz';
import type { Chart } from '../../site/chart.js';
import { makeChart } from '../../site/chart.js';
import { percent } from '../../site/html.js';
import { sourceOf } from '../../site/source.js';
import { batchWords, jobWords } from './measures.js';
import type { ComparisonRun } from './read-comparison.js';
import { comparisonFiles } from './read-comparison.js';
import { stateName } from './variant-tables.js';

const rowsOf = ({ results }: ComparisonRun, job: JobName): VariantRow[] =>
  results.variants.filter((row) => row.job === job);

/** Bars of every cost of the variants in one job. */
export function drawCosts(run: ComparisonRun, job: JobName, slug: string): Promise<Chart> {
  const rows = rowsOf(run, job);
  const [size] = rows[0].latencyMs.map(({ batchSize }) => batchSize);
  const quantities: readonly (readonly [metric: string, of: (row: VariantRow) => number | null])[] = [
    ['Training time, s per epoch', ({ epochSeconds }) => epochSeconds],
    ['Peak memory of the process, MB', ({ peakMemoryMB }) => peakMemoryMB],
    ['Peak memory of tensors, MB', ({ peakTensorMB }) => peakTensorMB],
    ['Peak memory of the GPU, MB', ({ gpuMemoryMB }) => gpuMemoryMB],
    ['Checkpoint, MB', ({ checkpointMB }) => checkpointMB],
    [
      `Inference of ${size} ${size === 1 ? batchWords[job].slice(0, -1) : batchWords[job]}, ms`,
      ({ latencyMs }) => latencyMs.find(({ merged, batchSize }) => merged && batchSize === size)?.p50 ?? null,
    ],
  ];
  const bars = quantities.flatMap(([metric, of]) => {
    const values = rows.map((row) => ({ metric, variant: row.name, value: of(row) }));
    return values.flatMap(({ value, ...bar }) =>
      values.some((one) => one.value === null) ? [] : [{ ...bar, value: value! }],
    );
  });
  return makeChart({
    id: `${slug}-${job}-costs`,
    title: `Costs: ${jobWords[job].toLowerCase()}`,
    caption: `Less is better in every panel. Beside a bar: its value, and how many times that of ${run.results.baseline} it is. Inference: median, with adapters merged.`,
    source: sourceOf(
      run.name,
      comparisonFiles.results,
      `variants[…] with job ${job}: epochSeconds, peakMemoryMB, peakTensorMB, gpuMemoryMB, checkpointMB, latencyMs[0].p50`,
    ),
    draw: (options) => variantBars(bars, options),
    key: {},
    values: [],
    interactive: false,
  });
}

/** Inference time of the variants in one job by batch size; null when it was not measured. */
export function drawLatency(run: ComparisonRun, job: JobName, slug: string): Promise<Chart | null> {
  const calls = rowsOf(run, job).flatMap((row) =>
    row.latencyMs.map(({ merged, batchSize, p50, p95 }) => ({
      variant: stateName(row, merged),
      batchSize,
      p50,
      p95,
    })),
  );
  if (calls.length === 0 || calls.some(({ p50, p95 }) => p50 <= 0 || p95 < p50)) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-${job}-latency`,
    title: `Inference: ${jobWords[job].toLowerCase()}`,
    caption: `Time of one inference call on ${batchWords[job]}, after the first call. Both axes are logarithmic; the rule above each point ends at the 95th percentile.`,
    source: sourceOf(run.name, comparisonFiles.results, `variants[…] with job ${job}: latencyMs`),
    draw: (options) => latencyByBatch(calls, options),
    key: {},
    values: [],
    interactive: false,
  });
}

/** Scores that are shares, by the name of their difference. Each belongs to one job. */
const SHARES: ReadonlyMap<DeltaName, string> = new Map([
  ['deltaDirectionalAccuracy', 'direction'],
  ['deltaAccuracy', 'accuracy'],
  ['deltaMacroF1', 'macro-F1'],
]);

/** Differences of the scores that are shares, with their intervals; null where there is no interval. */
export function drawScores(run: ComparisonRun, slug: string): Promise<Chart | null> {
  const rows = run.results.deltas.flatMap(({ variant, metric, value, interval }) =>
    interval !== null && SHARES.has(metric)
      ? [
          {
            name: `${variant}, ${SHARES.get(metric)}`,
            value,
            low: interval[0],
            high: interval[1],
          },
        ]
      : [],
  );
  if (rows.length === 0) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-scores`,
    title: 'Scores against the baseline',
    caption: `Score of each variant minus that of ${run.results.baseline} on the same test part, with ${percent(run.results.level, 0)} intervals over the seeds. Right of the line is better; grey rows show no more than noise.`,
    source: sourceOf(
      run.name,
      comparisonFiles.results,
      `deltas[…] with metric ${[...SHARES.keys()].join(', ')}`,
    ),
    draw: (options) => dotInterval(rows, { ...options, quantity: 'Difference of shares', reference: 0 }),
    key: { y: 'name' },
    values: [
      [
        { label: 'Difference', field: 'value', format: 'score', color: null },
        { label: 'From', field: 'low', format: 'score', color: null },
        { label: 'To', field: 'high', format: 'score', color: null },
      ],
    ],
  });
}
