import type { NumberSummary } from './market-description.js';

/** Order and moments of some numbers; of none, all NaN. */
export function summarize(values: readonly number[]): NumberSummary {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    min: sorted[0] ?? Number.NaN,
    median: (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2,
    mean,
    max: sorted[n - 1] ?? Number.NaN,
    sd: n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN,
  };
}
