import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import type { Market } from '../market.js';
import { priceRows } from '../price-rows.js';
import { computeFeatures } from './compute-features.js';
import type { Feature } from './feature.js';
import type { FeatureName } from './registry.js';
import { defaultFeatures } from './registry.js';
import { resolveFeatures } from './resolve-features.js';

/**
 * Features as a table: `date` and one column per feature, oldest first. `date` is the day from whose close the whole row
 * is known. NaN where a feature's lookback is not filled yet.
 */
export function featureTable(
  market: Pick<Market, 'prices'>,
  wanted: readonly (FeatureName | Feature)[] = defaultFeatures,
): ColumnTable {
  const resolved = resolveFeatures(wanted);
  const prices = priceRows(market.prices);
  const { columns } = computeFeatures(prices, resolved);
  return table([['date', prices.dates], ...resolved.map(({ name }, i) => [name, columns[i]] as const)] as [
    string,
    string[],
  ][]);
}
