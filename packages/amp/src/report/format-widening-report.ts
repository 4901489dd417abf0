import type { Widening } from './widening-report.js';
import { wideningReport } from './widening-report.js';

/** The report as a table of text, one line an op. */
export function formatWideningReport(report: readonly Widening[] = wideningReport()): string {
  if (report.length === 0) return 'Nothing was widened.';
  const rows = [
    ['op', 'reason', 'calls', 'casts', 'elements'],
    ...report.map(({ op, reason, calls, casts, elements }) => [
      op,
      reason,
      `${calls}`,
      `${casts ?? '-'}`,
      `${elements ?? '-'}`,
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
