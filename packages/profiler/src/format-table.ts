import type { OpComparison } from './compare.js';
import type { KeyAverage } from './key-averages.js';

/** Settings of {@link formatTable}. */
export interface FormatTableOptions {
  /** Maximum number of rows. @default 100 */
  readonly rowLimit?: number;
  /** GFLOP/s of this machine's products, to show each row's share; see `measurePeak`. @default no such column */
  readonly peak?: number;
}

const SECOND = 1e6;
const MILLISECOND = 1e3;

/** @param us µs */
function formatTime(us: number): string {
  if (us >= SECOND) return `${(us / SECOND).toFixed(3)}s`;
  return us >= MILLISECOND ? `${(us / MILLISECOND).toFixed(3)}ms` : `${us.toFixed(3)}us`;
}

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
    ...(withShapes ? ['Input Shapes'] : []),
    ...(withStacks ? ['Stack'] : []),
  ];
  const lines = rows.slice(0, rowLimit).map((row) => {
    const speed = row.flops === null || row.total === 0 ? null : row.flops / row.total / 1000;
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
      ...(peak === undefined ? [] : [speed === null ? '--' : `${((100 * speed) / peak).toFixed(1)}%`]),
      ...(withShapes ? [JSON.stringify(row.shapes)] : []),
      ...(withStacks ? [row.stack.join(' > ')] : []),
    ];
  });
  const more = rows.length > rowLimit ? [`(${rows.length - rowLimit} more rows)`] : [];
  return [...align(header, lines), ...more, `Self CPU time total: ${formatTime(selfTotal)}`].join('\n');
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
      String(row.calls[0]),
      String(row.calls[1]),
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
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [print(header), print(widths.map((width) => '-'.repeat(width))), ...lines.map(print)];
}
