import { resetWidenedOps, widenedOps } from '@fin/runtime';

/** Reason why an op computed in float32 from low inputs. */
export type WideningReason =
  /** TensorFlow has no kernel of this op for the low dtype on this device. */
  | 'no low kernel'
  /** The op is on the float32 list. */
  | 'float32 list'
  /** Other inputs were float32, and the op needs a single dtype. */
  | 'mixed inputs'
  /** Mode `wide`: stored low, computed in float32. */
  | 'wide mode'
  /** The op ran outside all scopes, where the runtime widens the inputs of all ops but those that only move values. */
  | 'outside autocast';

/** Casts to float32 made for one op. */
export interface Widening {
  /** TensorFlow's name of the op. */
  readonly op: string;
  readonly reason: WideningReason;
  /** Calls computed in float32 for this reason. */
  readonly calls: number;
  /** Casts made for these calls; cached casts are not counted again. null where only calls are counted. */
  readonly casts: number | null;
  /** Elements cast. */
  readonly elements: number | null;
}

interface Count {
  readonly op: string;
  readonly reason: WideningReason;
  calls: number;
  casts: number;
  elements: number;
}

const counts = new Map<string, Count>();

/** Counts one call. */
export function countWidening(op: string, reason: WideningReason, casts: number, elements: number): void {
  const key = `${op} ${reason}`;
  let count = counts.get(key);
  if (!count) {
    count = { op, reason, calls: 0, casts: 0, elements: 0 };
    counts.set(key, count);
  }
  count.calls++;
  count.casts += casts;
  count.elements += elements;
}

/** All casts to float32 since the last reset, most elements first: where low precision loses speed. */
export function wideningReport(): readonly Widening[] {
  const inScopes = [...counts.values()]
    .map((count) => ({ ...count }))
    .sort((a, b) => b.elements - a.elements);
  const outside = [...widenedOps()].map(
    ([op, calls]) => ({ op, reason: 'outside autocast', calls, casts: null, elements: null }) as const,
  );
  return [...inScopes, ...outside.sort((a, b) => b.calls - a.calls)];
}

/** Resets all counts. */
export function resetWideningReport(): void {
  counts.clear();
  resetWidenedOps();
}

/** The report as a text table, one line per op and reason. */
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
