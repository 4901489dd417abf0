import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import { DataInputError, quote } from '../errors.js';
import type { Market } from '../market.js';
import type { PriceRows } from '../table-columns.js';
import { priceRows } from '../table-columns.js';
import type { Feature } from './feature.js';
import { pastOf } from './feature.js';
import type { FeatureName } from './registry.js';
import { defaultFeatures, featureNames, features } from './registry.js';

/**
 * Computes features as a table: `date` and one column per feature, oldest first. A row is known from the close of its
 * `date`. A feature is NaN on the days before its lookback is filled.
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

/** Result of {@link computeFeatures}. */
export interface ComputedFeatures {
  /** One array per feature, with one value per day; NaN before its lookback is filled. */
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
        const missing = missingColumns(prices, row - feature.lookback, row);
        const reason = missing.length > 0 ? `: the prices have no ${missing.join(' and no ')} there` : '';
        throw new DataInputError(
          `the feature "${feature.name}" is ${value} on ${prices.dates[row]}${reason}`,
          {
            fix: 'Correct the prices of that day, or leave the feature out.',
          },
        );
      }
      columns[i][row] = value;
    }
  }
  return { columns, firstComplete: Math.max(...wanted.map(({ lookback }) => lookback)) };
}

/** Columns without a value on any of some days. */
function missingColumns(prices: PriceRows, first: number, last: number): string[] {
  return (['open', 'high', 'low', 'volume'] as const).filter((name) =>
    prices[name].subarray(first, last + 1).some(Number.isNaN),
  );
}

/**
 * Features that the prices have the values for, in the given order: those that can be computed on every day after their lookback.
 * The others need a column that the price file lacks, wholly or on some days.
 */
export function usableFeatures(
  market: Pick<Market, 'prices'>,
  wanted: readonly FeatureName[],
): FeatureName[] {
  const prices = priceRows(market.prices);
  const past = pastOf(prices);
  return wanted.filter((name) => {
    const { lookback, compute } = features[name];
    return prices.dates.every((_, row) => row < lookback || Number.isFinite(compute(past(row))));
  });
}

/** Looks up features by name and keeps custom ones. Requires at least one and no name twice. */
export function resolveFeatures(wanted: readonly (FeatureName | Feature)[]): Feature[] {
  const resolved = wanted.map((one) => {
    if (typeof one !== 'string') return one;
    if (Object.hasOwn(features, one)) return features[one];
    throw new DataInputError(`there is no feature ${quote(one)}`, {
      fix: `Choose among ${featureNames.join(', ')}.`,
    });
  });
  const names = resolved.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DataInputError(`the feature "${twice}" is asked for twice`, { fix: 'Name it once.' });
  }
  if (resolved.length === 0) {
    throw new DataInputError('no feature is asked for', { fix: `Choose among ${featureNames.join(', ')}.` });
  }
  return resolved;
}
