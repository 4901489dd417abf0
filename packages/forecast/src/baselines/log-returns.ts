import type { BaselineDay } from './baseline.js';

/** Log returns between consecutive closes. */
export function logReturns(closes: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(0, closes.length - 1) }, (_, i) =>
    Math.log(closes[i + 1] / closes[i]),
  );
}

/**
 * Log returns from each training day to the next, in stretches without a gap between the days: time series for estimation.
 */
export function trainingReturns(train: readonly BaselineDay[]): Float64Array[] {
  const stretches: number[][] = [];
  let expected: string | null = null;
  for (const { decisionDate, targetDate, lastClose, targetClose } of train) {
    if (decisionDate !== expected) stretches.push([]);
    stretches[stretches.length - 1].push(Math.log(targetClose / lastClose));
    expected = targetDate;
  }
  return stretches.map((stretch) => Float64Array.from(stretch));
}
