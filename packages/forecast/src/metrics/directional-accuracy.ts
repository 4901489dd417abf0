import { ForecastInputError } from '../errors.js';
import { wilsonInterval } from '../significance/wilson-interval.js';
import type { ForecastPoint } from './forecast-point.js';

/** Share of days on which the forecast named the right direction. */
export interface DirectionalAccuracy {
  /** Hits divided by `n`, or null when no forecast named a direction. */
  readonly value: number | null;
  /** Days on which the forecast named the right direction. */
  readonly hits: number;
  /** Days on which the forecast named a direction at all. */
  readonly n: number;
  /** Wilson interval of `value`, or null with it. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * Compares the sign of the forecast change with the sign of the actual change, both from the last close.
 *
 * Ties. A day that closes unchanged counts as up, which is the published rule of the Kaggle labels ("rose or stayed the
 * same"). A forecast of exactly no change names no direction and is left out of `n`: persistence, which forecasts that
 * every day, therefore has the value null and not a score that it did nothing to earn.
 */
export function directionalAccuracy(
  points: readonly Pick<ForecastPoint, 'lastClose' | 'actual' | 'predicted'>[],
  options: { /** Confidence of the interval, @default 0.95 */ readonly level?: number } = {},
): DirectionalAccuracy {
  let hits = 0;
  let n = 0;
  for (const [i, { lastClose, actual, predicted }] of points.entries()) {
    if (![lastClose, actual, predicted].every(Number.isFinite)) {
      throw new ForecastInputError(
        `directionalAccuracy: forecast ${i} has lastClose ${lastClose}, actual ${actual}, predicted ${predicted}; all three must be finite`,
      );
    }
    if (predicted === lastClose) continue;
    n++;
    if (predicted > lastClose === actual >= lastClose) hits++;
  }
  if (n === 0) return { value: null, hits, n, interval: null };
  return { value: hits / n, hits, n, interval: wilsonInterval(hits, n, options.level) };
}
