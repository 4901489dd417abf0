import { ForecastInputError } from '../errors.js';
import { normalQuantile } from './distributions.js';

/**
 * Wilson's score interval for a proportion (Wilson 1927), without continuity correction. Equals R's
 * `prop.test(correct = FALSE)` and statsmodels' `proportion_confint(method = "wilson")`.
 *
 * @param successes whole number between 0 and n
 * @param level confidence, @default 0.95
 * @returns null when n is 0, because there is no proportion
 */
export function wilsonInterval(
  successes: number,
  n: number,
  level = 0.95,
): readonly [low: number, high: number] | null {
  if (!Number.isInteger(n) || n < 0) {
    throw new ForecastInputError(`wilsonInterval: n is ${n}; it must be a whole number of at least 0`);
  }
  if (!Number.isInteger(successes) || successes < 0 || successes > n) {
    throw new ForecastInputError(
      `wilsonInterval: ${successes} successes of ${n}; it must be a whole number from 0 to ${n}`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new ForecastInputError(`wilsonInterval: level ${level}; it must lie between 0 and 1, such as 0.95`);
  }
  return n === 0 ? null : wilsonIntervalOfShare(successes / n, n, level);
}

/** {@link wilsonInterval} of a share that need not be a whole number of successes, such as a mean over seeds. */
export function wilsonIntervalOfShare(
  share: number,
  n: number,
  level: number,
): readonly [low: number, high: number] {
  const z = normalQuantile(0.5 + level / 2);
  const shrink = 1 + (z * z) / n;
  const centre = (share + (z * z) / (2 * n)) / shrink;
  const half = (z / shrink) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [share === 0 ? 0 : centre - half, share === 1 ? 1 : centre + half];
}
