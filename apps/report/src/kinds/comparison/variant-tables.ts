import type { ComparisonResults, JobName, Measurement, VariantRow } from '@fin/compare';
import type { Html } from '../../site/html.js';
import { fixed, html, percent } from '../../site/html.js';
import { batchWords, jobWords } from './measures.js';

/** Costs, inference times and scores of the variants in one job. */
export function variantTables(results: ComparisonResults, job: JobName): Html {
  const rows = results.variants.filter((row) => row.job === job);
  const title = jobWords[job];
  return html`${table(`${title}: cost of training, means over the measurements`, rows, costColumns(rows))}
${latencyTable(`${title}: time of one inference call in ms, the median, and the 95th percentile and the first call below it`, rows, job)}
${results.costOnly ? null : table(`${title}: scores on the test part, means over the seeds`, rows, scoreColumns(rows))}`;
}

interface Column {
  readonly name: string;
  readonly unit?: string;
  readonly text: (row: VariantRow) => string | Html;
}

function costColumns(rows: readonly VariantRow[]): Column[] {
  const known = (field: 'peakTensorMB' | 'weightMB' | 'optimizerMB' | 'gpuUtilization' | 'gpuMemoryMB') =>
    rows.some((row) => row[field] !== null);
  return [
    {
      name: 'Training time',
      unit: 's per epoch',
      text: ({ epochSeconds, epochSecondsDeviation: deviation }) =>
        withSmall(epochSeconds.toFixed(2), deviation === null ? null : `± ${deviation.toFixed(2)}`),
    },
    { name: 'Headlines', unit: 'per s', text: (row) => fixed(row.headlinesPerSecond, 1) },
    { name: 'Tokens', unit: 'per s', text: (row) => fixed(row.tokensPerSecond, 0) },
    { name: 'Processor', text: (row) => percent(row.utilization, 0) },
    ...(known('gpuUtilization')
      ? [{ name: 'GPU', text: (row: VariantRow) => share(row.gpuUtilization, 0) }]
      : []),
    { name: 'Peak memory', unit: 'MB', text: (row) => fixed(row.peakMemoryMB, 0) },
    ...(known('peakTensorMB')
      ? [{ name: 'of tensors', unit: 'MB', text: (row: VariantRow) => orNone(row.peakTensorMB, 0) }]
      : []),
    ...(known('weightMB')
      ? [{ name: 'of weights', unit: 'MB', text: (row: VariantRow) => orNone(row.weightMB, 1) }]
      : []),
    ...(known('optimizerMB')
      ? [{ name: 'of the optimizer', unit: 'MB', text: (row: VariantRow) => orNone(row.optimizerMB, 1) }]
      : []),
    ...(known('gpuMemoryMB')
      ? [{ name: 'of the GPU', unit: 'MB', text: (row: VariantRow) => orNone(row.gpuMemoryMB, 0) }]
      : []),
    { name: 'Checkpoint', unit: 'MB', text: (row) => megabytes(row.checkpointMB) },
    {
      name: 'Trained',
      unit: 'weights',
      text: ({ trainableParameters: trained, parameters }) =>
        withSmall(fixed(trained, 0), `of ${fixed(parameters, 0)}`),
    },
  ];
}

function scoreColumns(rows: readonly VariantRow[]): Column[] {
  const columns: readonly (readonly [keyof VariantRow, Column])[] = [
    ['rmse', { name: 'RMSE', unit: 'points', text: ({ rmse }) => orNone(rmse, 2) }],
    ['mae', { name: 'MAE', unit: 'points', text: ({ mae }) => orNone(mae, 2) }],
    ['mape', { name: 'MAPE', text: ({ mape }) => share(mape, 3) }],
    ['directionalAccuracy', { name: 'Direction', text: (row) => share(row.directionalAccuracy, 1) }],
    ['accuracy', { name: 'Accuracy', text: ({ accuracy }) => share(accuracy, 1) }],
    ['macroF1', { name: 'Macro-F1', text: ({ macroF1 }) => orNone(macroF1, 3) }],
    ['scoredSeeds', { name: 'Seeds', text: ({ scoredSeeds }) => String(scoredSeeds) }],
  ];
  return columns.filter(([field]) => rows.some((row) => row[field] !== null)).map(([, column]) => column);
}

function latencyTable(caption: string, rows: readonly VariantRow[], job: JobName): Html {
  const sizes = [...new Set(rows.flatMap(({ latencyMs }) => latencyMs.map(({ batchSize }) => batchSize)))];
  const lines = rows.flatMap((row) =>
    [true, false].flatMap((merged) => {
      const calls = row.latencyMs.filter((one) => one.merged === merged);
      return calls.length === 0 ? [] : [{ name: stateName(row, merged), calls }];
    }),
  );
  return html`<table class="stacked variants">
<caption>${caption}</caption>
<thead><tr><th scope="col">Variant</th>${sizes.map((size) => html`<th scope="col">${columnName(size, job)}</th>`)}</tr></thead>
<tbody>
${lines.map(
  ({ name, calls }) => html`<tr>
<th scope="row">${name}</th>
${sizes.map((size) => {
  const call = calls.find(({ batchSize }) => batchSize === size);
  return html`<td data-label="${columnName(size, job)}">${call ? withSmall(milliseconds(call.p50), `${milliseconds(call.p95)}, first ${milliseconds(call.cold)}`) : html`<span>n/a</span>`}</td>`;
})}
</tr>
`,
)}
</tbody>
</table>`;
}

const columnName = (size: number, job: JobName): string =>
  `${size} ${size === 1 ? batchWords[job].slice(0, -1) : batchWords[job]}`;

/** Name of a variant as it was loaded for inference. */
export const stateName = ({ name, finetuning }: VariantRow, merged: boolean): string =>
  finetuning === 'full' ? name : `${name}, ${merged ? 'merged' : 'apart'}`;

function table(caption: string, rows: readonly VariantRow[], columns: readonly Column[]): Html {
  return html`<table class="stacked variants">
<caption>${caption}</caption>
<thead><tr><th scope="col">Variant</th>${columns.map(({ name, unit }) => html`<th scope="col">${name}${unit === undefined ? null : html`<span class="unit">${unit}</span>`}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>
<th scope="row">${row.name}</th>
${columns.map(({ name, unit, text }) => html`<td data-label="${unit === undefined ? name : `${name}, ${unit}`}">${text(row)}</td>`)}
</tr>
`,
)}
</tbody>
</table>`;
}

const withSmall = (value: string, small: string | null): Html =>
  html`<span>${value}${small === null ? null : html`<span class="interval">${small}</span>`}</span>`;

const orNone = (value: number | null, digits: number): string =>
  value === null ? 'n/a' : fixed(value, digits);
const share = (value: number | null, digits: number): string =>
  value === null ? 'n/a' : percent(value, digits);
const megabytes = (value: number): string => (value >= 100 ? fixed(value, 0) : value.toPrecision(3));
const milliseconds = (value: number): string => (value >= 100 ? fixed(value, 0) : value.toPrecision(3));

/** Every measurement, one flat row each. */
export function measurementRows(measurements: readonly Measurement[]): Record<string, unknown>[] {
  return measurements.map(
    ({ training: { gpu, ...training }, checkpoint, latency, epochs, scores, ...names }) => ({
      ...names,
      ...training,
      gpuUtilization: gpu?.utilization,
      gpuPeakMemoryBytes: gpu?.peakMemoryBytes,
      checkpointBytes: checkpoint.bytes,
      trainLoss: epochs.at(-1)?.trainLoss,
      validationLoss: epochs.at(-1)?.validationLoss,
      ...scores,
      ...Object.fromEntries(
        latency.flatMap(({ batchSize, merged, coldMs, p50Ms, p95Ms }) =>
          Object.entries({ coldMs, p50Ms, p95Ms }).map(([figure, value]) => [
            `latency${batchSize}${merged ? 'Merged' : 'Apart'}.${figure}`,
            value,
          ]),
        ),
      ),
    }),
  );
}
