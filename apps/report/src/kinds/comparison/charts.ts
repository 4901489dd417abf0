import type { DeltaName, EpochLosses, JobName, VariantRow } from '@fin/compare';
import { dotInterval, latencyByBatch, trainingCurves, variantBars, variantColors } from '@fin/viz';
import type { Chart, ChartValue } from '../../site/chart.js';
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
    key: { y: 'variant' },
    pointed: rows.map(({ name: variant }) => ({
      variant,
      ...Object.fromEntries(
        bars.filter((bar) => bar.variant === variant).map(({ metric, value }) => [metric, value]),
      ),
    })),
    values: [...new Set(bars.map(({ metric }) => metric))].map((metric) => [
      { label: metric, field: metric, format: 'points', color: null },
    ]),
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
  const sizes = [...new Set(calls.map(({ batchSize }) => batchSize))];
  if (calls.length === 0 || calls.some(({ p50, p95 }) => p50 <= 0 || p95 < p50)) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-${job}-latency`,
    title: `Inference: ${jobWords[job].toLowerCase()}`,
    caption: `Time of one inference call on ${batchWords[job]}, after the first call. Both axes are logarithmic; the rule above each point ends at the 95th percentile.`,
    source: sourceOf(run.name, comparisonFiles.results, `variants[…] with job ${job}: latencyMs`),
    draw: (options) => latencyByBatch(calls, options),
    key: { x: 'batch size' },
    pointed: sizes.map((size) => ({
      'batch size': size,
      ...Object.fromEntries(
        calls.filter(({ batchSize }) => batchSize === size).map(({ variant, p50 }) => [variant, p50]),
      ),
    })),
    values: [seriesValues([...new Set(calls.map(({ variant }) => variant))], ', ms')],
  });
}

/** Losses of the variants in one job by epoch, means over the seeds; null for a single epoch, which makes no line. */
export function drawLosses(run: ComparisonRun, job: JobName, slug: string): Promise<Chart | null> {
  const { variants } = run.results;
  const names = variants.filter((row) => row.job === job).map(({ name }) => name);
  const curves = names.map((name) => {
    const trained = run.measurements
      .filter((one) => one.job === job && one.variant === name && one.repeat === 0)
      .map(({ epochs }) => epochs);
    return {
      name,
      epochs: trained[0].map(({ epoch }, i) =>
        meanLosses(
          epoch,
          trained.map((one) => one[i]),
        ),
      ),
    };
  });
  if (curves.some(({ epochs }) => epochs.length < 2)) return Promise.resolve(null);
  const field = (name: string, loss: string) => `${name} ${loss}`;
  return makeChart({
    id: `${slug}-${job}-losses`,
    title: `Training: ${jobWords[job].toLowerCase()}`,
    caption: 'Mean loss of each epoch over the training and the validation part, mean over the seeds.',
    source: sourceOf(run.name, comparisonFiles.measurements, `epochs of the lines with job ${job}, repeat 0`),
    draw: (options) => trainingCurves(curves, { ...options, colors: variantColors(names.length) }),
    key: { x: 'epoch' },
    pointed: curves[0].epochs.map(({ epoch }, i) => ({
      epoch,
      ...Object.fromEntries(
        curves.flatMap(({ name, epochs }) => [
          [field(name, 'training'), epochs[i].trainLoss],
          [field(name, 'validation'), epochs[i].validationLoss],
        ]),
      ),
    })),
    values: ['training', 'validation'].map((loss) =>
      seriesValues(names, `, ${loss}`, ` ${loss}`).map((value) => ({ ...value, format: 'loss' })),
    ),
  });
}

function meanLosses(epoch: number, losses: readonly EpochLosses[]): EpochLosses {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const validation = losses.flatMap(({ validationLoss }) => validationLoss ?? []);
  return {
    epoch,
    trainLoss: mean(losses.map(({ trainLoss }) => trainLoss)),
    validationLoss: validation.length < losses.length ? null : mean(validation),
  };
}

/** Values of series that a chart of variants draws in the variants' colours. */
export const seriesValues = (names: readonly string[], unit: string, suffix = ''): ChartValue[] => {
  const colors = variantColors(names.length);
  return names.map((name, i) => ({
    label: `${name}${unit}`,
    field: `${name}${suffix}`,
    format: 'points',
    color: colors[i],
  }));
};

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
