import type { PriceRows } from '../price-rows.js';
import type { PriceDisagreement } from './market-check.js';
import { priceTolerance } from './market-check.js';

const columns = ['open', 'high', 'low', 'close', 'adjClose', 'volume'] as const;

/** Values of the days that two price tables share and do not agree on. */
export function comparePrices(prices: PriceRows, other: PriceRows): PriceDisagreement[] {
  const otherRow = new Map(other.dates.map((date, i) => [date, i]));
  return prices.dates.flatMap((date, i) => {
    const j = otherRow.get(date);
    if (j === undefined) return [];
    return columns
      .filter((column) => Math.abs(prices[column][i] - other[column][j]) > priceTolerance)
      .map((column) => ({ date, column, value: prices[column][i], other: other[column][j] }));
  });
}
