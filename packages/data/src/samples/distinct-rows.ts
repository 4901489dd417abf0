import type { DecisionInput } from './sample.js';

/**
 * The feature rows of samples' windows, each day once: what a scaler is fitted on (windows overlap, so a day sits in up
 * to `window` of them). Row-major `[days, features]`, in order of first appearance.
 */
export function distinctRows(samples: readonly DecisionInput[]): Float64Array {
  const seen = new Set<string>();
  const rows: Float64Array[] = [];
  for (const { window, windowDates } of samples) {
    const width = window.length / windowDates.length;
    for (const [i, date] of windowDates.entries()) {
      if (seen.has(date)) continue;
      seen.add(date);
      rows.push(window.subarray(i * width, (i + 1) * width));
    }
  }
  const width = rows[0]?.length ?? 0;
  const all = new Float64Array(rows.length * width); // [days, features]
  for (const [i, row] of rows.entries()) all.set(row, i * width);
  return all;
}
