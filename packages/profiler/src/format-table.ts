import type { OpComparison } from './compare.js';
import type { KeyAverage } from './key-averages.js';
import { memoryCategories } from './memory-timeline.js';
import type { PeakSpeeds, ProfileSummary } from './summary.js';
import { atPeak } from './summary.js';

/** Settings of {@link formatTable}. */
export interface FormatTableOptions {
  /** Maximum number of rows. @default 100 */
  readonly rowLimit?: number;
  /** GFLOP/s of this machine's products by dtype, to show each row's share; see `measurePeak`. @default no such column */
  readonly peak?: PeakSpeeds;
}

/** A column of text. */
const FUSES = 'Fuses';

const SECOND = 1e6;
const MILLISECOND = 1e3;

/** @param us µs */
function formatTime(us: number): string {
  if (us >= SECOND) return `${(us / SECOND).toFixed(3)}s`;
  return us >= MILLISECOND ? `${(us / MILLISECOND).toFixed(3)}ms` : `${us.toFixed(3)}us`;
}

/** Calls per step need not be whole. */
const formatCount = (count: number): string => String(Number(count.toFixed(1)));

function formatBytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, count)) / Math.log(1024)));
  return `${(count / 1024 ** step).toFixed(step === 0 ? 0 : 2)} ${units[step]}`;
}

/** Formats rows as a text table with torch.profiler's columns, plus GFLOP/s of products and the share of the machine's peak. */
export function formatTable(
  rows: readonly KeyAverage[],
  { rowLimit = 100, peak }: FormatTableOptions = {},
): string {
  const selfTotal = rows.reduce((sum, row) => sum + row.selfTotal, 0);
  const percent = (us: number) => `${(selfTotal > 0 ? (100 * us) / selfTotal : 0).toFixed(2)}%`;
  const withShapes = rows.some(({ shapes }) => shapes.length > 0);
  const withStacks = rows.some(({ stack }) => stack.length > 0);
  const withDTypes = rows.some(({ dtype }) => dtype !== null && dtype !== 'float32');
  const withFused = rows.some(({ fuses }) => fuses !== null);
  const header = [
    'Name',
    'Self CPU %',
    'Self CPU',
    'CPU total %',
    'CPU total',
    'CPU time avg',
    'Output',
    '# of Calls',
    'GFLOP/s',
    ...(peak === undefined ? [] : ['% of peak']),
    ...(withDTypes ? ['Computed in'] : []),
    ...(withShapes ? ['Input Shapes'] : []),
    ...(withStacks ? ['Stack'] : []),
    ...(withFused ? [FUSES] : []),
  ];
  const lines = rows.slice(0, rowLimit).map((row) => {
    const speed = row.flops === null || row.total === 0 ? null : row.flops / row.total / 1000;
    const ideal = peak === undefined ? null : atPeak(row, peak);
    return [
      row.name,
      percent(row.selfTotal),
      formatTime(row.selfTotal),
      percent(row.total),
      formatTime(row.total),
      formatTime(row.average),
      formatBytes(row.outputBytes),
      String(row.calls),
      speed === null ? '--' : speed.toFixed(1),
      ...(peak === undefined
        ? []
        : [ideal === null || row.total === 0 ? '--' : `${((100 * ideal) / row.total).toFixed(1)}%`]),
      ...(withDTypes ? [row.dtype ?? '--'] : []),
      ...(withShapes ? [JSON.stringify(row.shapes)] : []),
      ...(withStacks ? [row.stack.join(' > ')] : []),
      ...(withFused ? [row.fuses ?? ''] : []),
    ];
  });
  const more = rows.length > rowLimit ? [`(${rows.length - rowLimit} more rows)`] : [];
  return [...align(header, lines), ...more, `Self CPU time total: ${formatTime(selfTotal)}`].join('\n');
}

/** Formats a summary as text: its origin, the table of its ops, products, phases and memory. */
export function formatSummary(
  summary: ProfileSummary,
  { rowLimit = 20 }: Pick<FormatTableOptions, 'rowLimit'> = {},
): string {
  const { about, steps, duration, opTime, javascriptTime, peak, ops, phases, memory } = summary;
  const share = (us: number, of = duration) => `${((100 * us) / of).toFixed(1)} %`;
  const origin = Object.entries(about).map(([name, value]) => `${name}: ${value ?? 'none'}`);
  const phaseRows = phases
    .filter(({ time }) => time > 0)
    .map(({ phase, time, opTime, ops }) => [
      phase,
      formatTime(time / steps),
      share(time),
      formatTime(opTime / steps),
      (ops / steps).toFixed(0),
    ]);
  return [
    ...origin,
    `${steps} ${steps === 1 ? 'step' : 'steps'}, ${formatTime(duration / steps)} per step: ${share(opTime)} in ops, ${share(javascriptTime)} in JavaScript between them`,
    '',
    formatTable(ops, { rowLimit, peak }),
    '',
    productsLine(summary),
    '',
    ...align(['Phase', 'Time per step', '', 'in ops', 'ops'], phaseRows),
    ...(memory
      ? [
          '',
          ...align(
            ['Native tensors', 'at the start', 'at the peak'],
            [...memoryCategories, 'total' as const].map((name) => [
              name,
              ...[memory.start, memory.peak].map(({ bytes, total }) =>
                formatBytes(name === 'total' ? total : bytes[name]),
              ),
            ]),
          ),
        ]
      : []),
  ].join('\n');
}

function productsLine({ products, peak, duration, steps }: ProfileSummary): string {
  const { flops, time, shareOfPeak } = products;
  if (flops === 0) return 'No products.';
  const speeds = Object.entries(peak).map(([dtype, speed]) => `${speed.toFixed(0)} GFLOP/s in ${dtype}`);
  return [
    `Products and attention: ${(flops / steps / 1e9).toFixed(2)} GFLOP per step`,
    `${((100 * time) / duration).toFixed(1)} % of the time`,
    `${(flops / time / 1000).toFixed(1)} GFLOP/s${shareOfPeak === null ? '' : `, ${(100 * shareOfPeak).toFixed(1)} % of the measured peak (${speeds.join(', ')})`}`,
  ].join(', ');
}

/** Formats a comparison of two profiles as a text table. */
export function formatComparison(
  rows: readonly OpComparison[],
  { rowLimit = 100 }: Pick<FormatTableOptions, 'rowLimit'> = {},
): string {
  const sum = (side: 0 | 1) => rows.reduce((total, { time }) => total + time[side], 0);
  const ratio = (value: number | null) => (value === null ? 'new' : `${value.toFixed(2)}x`);
  const lines = rows
    .slice(0, rowLimit)
    .map((row) => [
      row.name,
      formatCount(row.calls[0]),
      formatCount(row.calls[1]),
      formatTime(row.time[0]),
      formatTime(row.time[1]),
      ratio(row.ratio),
    ]);
  const [before, after] = [sum(0), sum(1)];
  const total = [
    'total',
    '',
    '',
    formatTime(before),
    formatTime(after),
    ratio(before > 0 ? after / before : null),
  ];
  return align(
    ['Name', 'Calls before', 'after', 'Self CPU before', 'after', 'Ratio'],
    [...lines, total],
  ).join('\n');
}

function align(header: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  const print = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 || header[i] === FUSES ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [print(header), print(widths.map((width) => '-'.repeat(width))), ...lines.map(print)];
}
