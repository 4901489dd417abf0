import { DataInputError } from '../errors.js';
import type { PriceRows } from '../price-rows.js';
import type { Feature } from './feature.js';
import { pastOf } from './past.js';

/** Features of every day of a price table. */
export interface ComputedFeatures {
  /** One array per feature, one value per day; NaN on the days before its lookback is filled. */
  readonly columns: readonly Float64Array[];
  /** The first row on which every feature has a value. */
  readonly firstComplete: number;
}

/** Computes each feature for each day from the prices up to that day. */
export function computeFeatures(prices: PriceRows, wanted: readonly Feature[]): ComputedFeatures {
  const days = prices.dates.length;
  const past = pastOf(prices);
  const columns = wanted.map(() => new Float64Array(days).fill(Number.NaN));
  for (let row = 0; row < days; row++) {
    const known = past(row);
    for (const [i, feature] of wanted.entries()) {
      if (row < feature.lookback) continue;
      const value = feature.compute(known);
      if (!Number.isFinite(value)) {
        throw new DataInputError(`the feature "${feature.name}" is ${value} on ${prices.dates[row]}`, {
          fix: 'Correct the prices of that day, or leave the feature out.',
        });
      }
      columns[i][row] = value;
    }
  }
  return { columns, firstComplete: Math.max(...wanted.map(({ lookback }) => lookback)) };
}
