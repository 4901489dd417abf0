import { studentTQuantile } from '@fin/forecast';

/** A mean over pairs with its interval. */
export interface PairedMean {
  readonly value: number;
  /** Student's t interval of the mean; null for a single pair, which says nothing about noise. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** How two paired values are compared: baseline divided by the other, or the other minus the baseline. */
export type PairedKind = 'ratio' | 'difference';

/**
 * Mean of paired differences with Student's t interval, as `scipy.stats.ttest_rel(...).confidence_interval()`. Ratios are compared as
 * logarithms, so their mean is the geometric one.
 *
 * @param pairs [baseline, other], at least one; positive numbers for ratios
 * @param level confidence level
 */
export function pairedMean(
  pairs: readonly (readonly [baseline: number, other: number])[],
  kind: PairedKind,
  level: number,
): PairedMean {
  const back = kind === 'ratio' ? Math.exp : (value: number) => value;
  const values = pairs.map(([baseline, other]) =>
    kind === 'ratio' ? Math.log(baseline / other) : other - baseline,
  );
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { value: back(mean), interval: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const margin = studentTQuantile((1 + level) / 2, n - 1) * Math.sqrt(variance / n);
  return { value: back(mean), interval: [back(mean - margin), back(mean + margin)] };
}
