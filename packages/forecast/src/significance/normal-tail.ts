/** From this z on, the tail is computed by the continued fraction; below, by the series. Each converges faster there. */
const TAIL_FROM = 2.5;
const MAX_TERMS = 500;

/**
 * Upper tail of the standard normal distribution: P(Z >= z). Relative error below 1e-13, also far in the tail.
 *
 * Series and continued fraction of Abramowitz and Stegun 26.2.11 and 26.2.14.
 */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < TAIL_FROM) {
    let term = z;
    let sum = z;
    for (let k = 1; k < MAX_TERMS && term > sum * Number.EPSILON; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = MAX_TERMS; k >= 1; k--) fraction = z + k / fraction;
  return density / fraction;
}
