/** A variance below this share of the mean square is a rounding error of equal values. */
export const ROUNDING = 1e-24;

/** Mean of a series; NaN when it is empty. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Autocovariance of a series at a lag, divided by the length of the series. */
export function autocovariance(values: ArrayLike<number>, mean: number, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += (values[i] - mean) * (values[i - lag] - mean);
  return sum / values.length;
}

/** Whether all values are equal, up to rounding. */
export function hasNoVariance(values: ArrayLike<number>): boolean {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return autocovariance(values, meanOf(values), 0) <= (ROUNDING * squares) / values.length;
}

/** Quantile of sorted values, with linear interpolation between neighbours, as numpy's default. */
export function quantile(sorted: Float64Array, probability: number): number {
  const place = probability * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
