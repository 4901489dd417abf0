import type { Delta } from './delta.js';
import { formatDelta, quantities } from './quantities.js';
import type { ComparisonResults } from './results.js';
import type { LatencyRow, VariantRow } from './variant-row.js';

/** Text for a value that was not measured. */
const NONE = 'n/a';

/** A table as texts, for a terminal or Markdown. */
export interface ComparisonTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables of a comparison: costs, latency and scores of the variants, and their differences. */
export function comparisonTables(results: ComparisonResults): ComparisonTable[] {
  return [
    costTable(results),
    latencyTable(results),
    ...(results.costOnly ? [] : [scoreTable(results)]),
    deltaTable(results),
  ];
}

/** `table.md`. */
export function formatComparison(results: ComparisonResults): string {
  const { encoder, seeds, repeats, epochs, costOnly } = results;
  const about = `Encoder ${encoder}; ${seeds} seeds, ${repeats} repeats${costOnly ? '; costs alone' : `, ${epochs} epochs`}.`;
  return [
    '# Comparison of variants',
    about,
    ...comparisonTables(results).map((table) => `## ${table.title}\n\n${markdown(table)}`),
    comparisonSentences(results)
      .map((sentence) => `- ${sentence}`)
      .join('\n'),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

/** The differences of the optimized variant in words, and in which jobs training was too short to compare scores. */
export function comparisonSentences(results: ComparisonResults): string[] {
  const own = results.deltas.filter(({ variant }) => variant === results.optimized);
  return [...own.map(({ sentence }) => sentence), ...unfinishedTraining(results)];
}

/** A sentence for each job in which every seed of a variant was still improving when training ended. */
export function unfinishedTraining({ jobs, variants, epochs }: ComparisonResults): string[] {
  return jobs.flatMap((job) => {
    const names = variants
      .filter((row) => row.job === job && row.scoredSeeds > 0 && row.stillImproving === row.scoredSeeds)
      .map(({ name }) => name);
    if (names.length === 0) return [];
    return [
      `${job}: training ended after ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, while the validation loss of ${names.join(', ')} still fell with every seed. Their scores are not final: compare accuracy with more --epochs.`,
    ];
  });
}

/** `table.csv`: the variants with all digits. Undefined values are empty. */
export function formatComparisonCsv({ variants }: ComparisonResults): string {
  const columns = [
    'job',
    'name',
    'finetuning',
    'precision',
    'inference',
    'optimizer',
    'storage',
    'measurements',
    'scoredSeeds',
    'stillImproving',
    'epochSeconds',
    'epochSecondsDeviation',
    'headlinesPerSecond',
    'tokensPerSecond',
    'utilization',
    'peakMemoryMB',
    'peakTensorMB',
    'weightMB',
    'optimizerMB',
    'gpuUtilization',
    'gpuMemoryMB',
    'checkpointMB',
    'checkpointBytes',
    'trainableParameters',
    'parameters',
    'rmse',
    'mae',
    'mape',
    'directionalAccuracy',
    'accuracy',
    'macroF1',
  ] as const;
  const timed = variants.flatMap(({ latencyMs }) => latencyMs.map(latencyName));
  const latencies = [...new Set(timed)];
  const figures = ['cold', 'p50', 'p95'] as const;
  const header = [
    ...columns,
    ...latencies.flatMap((name) => figures.map((figure) => `${name}${capital(figure)}Ms`)),
  ];
  const lines = variants.map((row) => {
    const cells = latencies.flatMap((name) => {
      const entry = row.latencyMs.find((one) => latencyName(one) === name);
      return figures.map((figure) => entry?.[figure] ?? '');
    });
    return [...columns.map((column) => row[column] ?? ''), ...cells].join(',');
  });
  return `${[header.join(','), ...lines].join('\n')}\n`;
}

function costTable({ variants }: ComparisonResults): ComparisonTable {
  return {
    title: 'Training',
    header: [
      'job',
      'variant',
      's/epoch',
      'headlines/s',
      'tokens/s',
      'processor',
      'GPU',
      'peak MB',
      'tensors MB',
      'weights MB',
      'optimizer MB',
      'GPU MB',
      'checkpoint MB',
      'trained',
    ],
    rows: variants.map((row) => [
      row.job,
      row.name,
      withDeviation(row),
      row.headlinesPerSecond.toFixed(1),
      row.tokensPerSecond.toFixed(0),
      percent(row.utilization, 0),
      percent(row.gpuUtilization, 0),
      row.peakMemoryMB.toFixed(0),
      fixed(row.peakTensorMB, 0),
      fixed(row.weightMB, 1),
      fixed(row.optimizerMB, 1),
      fixed(row.gpuMemoryMB, 0),
      row.checkpointMB.toPrecision(3),
      row.trainableParameters.toLocaleString('en'),
    ]),
  };
}

function latencyTable({ variants }: ComparisonResults): ComparisonTable {
  return {
    title: 'Inference, ms',
    header: ['job', 'variant', 'adapters', 'batch', 'first call', 'p50', 'p95'],
    rows: variants.flatMap((row) =>
      row.latencyMs.map((entry) => [
        row.job,
        row.name,
        row.finetuning === 'full' ? 'none' : entry.merged ? 'merged' : 'not merged',
        String(entry.batchSize),
        entry.cold.toFixed(1),
        entry.p50.toFixed(2),
        entry.p95.toFixed(2),
      ]),
    ),
  };
}

function scoreTable({ variants }: ComparisonResults): ComparisonTable {
  return {
    title: 'Scores on the test part',
    header: ['job', 'variant', 'seeds', 'RMSE', 'MAE', 'MAPE', 'direction', 'accuracy', 'macro-F1'],
    rows: variants.map((row) => [
      row.job,
      row.name,
      String(row.scoredSeeds),
      fixed(row.rmse, 2),
      fixed(row.mae, 2),
      percent(row.mape, 3),
      percent(row.directionalAccuracy, 1),
      fixed(row.accuracy, 4),
      fixed(row.macroF1, 4),
    ]),
  };
}

function deltaTable({ deltas, baseline }: ComparisonResults): ComparisonTable {
  return {
    title: `Against ${baseline}`,
    header: ['job', 'variant', 'quantity', 'change', '95 % interval', 'pairs', 'conclusion'],
    rows: deltas.map((delta) => [
      delta.job,
      delta.variant,
      quantities[delta.metric].words,
      change(delta, delta.value),
      delta.interval === null
        ? NONE
        : delta.interval.map((bound) => formatDelta(delta.metric, bound)).join(' … '),
      String(delta.pairs),
      delta.conclusion,
    ]),
  };
}

const change = ({ metric, kind }: Delta, value: number): string =>
  kind === 'ratio' ? `÷ ${formatDelta(metric, value)}` : formatDelta(metric, value);

const withDeviation = ({ epochSeconds, epochSecondsDeviation }: VariantRow): string =>
  `${epochSeconds.toFixed(2)}${epochSecondsDeviation === null ? '' : ` ± ${epochSecondsDeviation.toFixed(2)}`}`;

const latencyName = ({ batchSize, merged }: LatencyRow): string =>
  `latency${batchSize}${merged ? 'Merged' : 'Unmerged'}`;

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

const fixed = (value: number | null, digits: number): string =>
  value === null ? NONE : value.toFixed(digits);

const percent = (share: number | null, digits: number): string =>
  share === null ? NONE : `${(100 * share).toFixed(digits)} %`;

function markdown({ header, rows }: ComparisonTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i < 2 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
