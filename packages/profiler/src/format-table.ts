import type { KeyAverage } from './key-averages.js';

/** Settings of {@link formatTable}. */
export interface FormatTableOptions {
  /** Maximum number of rows. @default 100 */
  readonly rowLimit?: number;
}

const SECOND = 1e6;
const MILLISECOND = 1e3;

const time = (us: number): string =>
  us >= SECOND
    ? `${(us / SECOND).toFixed(3)}s`
    : us >= MILLISECOND
      ? `${(us / MILLISECOND).toFixed(3)}ms`
      : `${us.toFixed(3)}us`;

const bytes = (count: number): string => {
  const units = ['B', 'KB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, count)) / Math.log(1024)));
  return `${(count / 1024 ** step).toFixed(step === 0 ? 0 : 2)} ${units[step]}`;
};

/** Formats rows as a text table with torch.profiler's columns, plus GFLOP/s for matrix products. */
export function formatTable(
  rows: readonly KeyAverage[],
  { rowLimit = 100 }: FormatTableOptions = {},
): string {
  const selfTotal = rows.reduce((sum, row) => sum + row.selfTotal, 0);
  const percent = (us: number) => `${(selfTotal > 0 ? (100 * us) / selfTotal : 0).toFixed(2)}%`;
  const withShapes = rows.some(({ shapes }) => shapes.length > 0);
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
  ];
  if (withShapes) header.push('Input Shapes');
  const lines = rows
    .slice(0, rowLimit)
    .map((row) => [
      row.name,
      percent(row.selfTotal),
      time(row.selfTotal),
      percent(row.total),
      time(row.total),
      time(row.average),
      bytes(row.outputBytes),
      String(row.calls),
      row.flops === null ? '--' : (row.flops / row.total / 1000).toFixed(1),
      ...(withShapes ? [JSON.stringify(row.shapes)] : []),
    ]);
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  const print = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  const more = rows.length > rowLimit ? [`(${rows.length - rowLimit} more rows)`] : [];
  return [
    print(header),
    print(widths.map((width) => '-'.repeat(width))),
    ...lines.map(print),
    ...more,
    `Self CPU time total: ${time(selfTotal)}`,
  ].join('\n');
}
