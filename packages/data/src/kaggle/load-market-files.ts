import { basename } from 'node:path';
import { table } from 'arquero';
import { DataInputError } from '../errors.js';
import type { Market } from '../market.js';
import { makeMarket } from '../market.js';
import { strings } from '../table-columns.js';
import { loadNews } from './load-news.js';
import { loadCheckedPrices } from './load-prices.js';

/** Files of {@link loadMarketFiles}. */
export interface MarketFiles {
  /** Prices with the columns Date, Open, High, Low, Close, Adj Close and Volume. */
  readonly prices: string;
  /** Headlines in the format of `Combined_News_DJIA.csv`. @default no headlines */
  readonly headlines?: string;
}

/**
 * Loads a market from files of any name, such as another index with its own news.
 *
 * @throws DataInputError that names file, line and fix.
 */
export async function loadMarketFiles({ prices: priceFile, headlines }: MarketFiles): Promise<Market> {
  const { prices, warnings } = await loadCheckedPrices(priceFile);
  const name = basename(priceFile);
  if (headlines === undefined) {
    const nothing = {
      headlines: table({ date: [] as string[], rank: [] as number[], text: [] as string[] }),
      labels: table({ date: [] as string[], label: [] as number[] }),
    };
    return makeMarket({ name, synthetic: false, prices, warnings, ...nothing });
  }
  const { headlines: texts, labels, cleaning } = await loadNews(headlines);
  const priced = new Set(strings(prices, 'date'));
  if (!strings(labels, 'date').some((date) => priced.has(date))) {
    throw new DataInputError('has no day in common with the price table', {
      file: headlines,
      fix: `Give prices of the same days; these are from ${priceFile}.`,
    });
  }
  return makeMarket({
    name: `${name} with ${basename(headlines)}`,
    synthetic: false,
    prices,
    headlines: texts,
    labels,
    cleaning,
    warnings,
  });
}
