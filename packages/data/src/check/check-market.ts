import type { ColumnTable } from 'arquero';
import type { Market } from '../market.js';
import { priceRows } from '../price-rows.js';
import { strings } from '../table-columns.js';
import { checkCalendar } from './check-calendar.js';
import { checkHeadlines } from './check-headlines.js';
import { checkLabels } from './check-labels.js';
import { checkPriceRows } from './check-price-rows.js';
import { comparePrices } from './compare-prices.js';
import type { MarketCheck } from './market-check.js';

/** Options of {@link checkMarket}. */
export interface CheckMarketOptions {
  /** A second price table ({@link loadPrices}): compared with the market's, and used for labels that need an earlier close. */
  readonly prices?: ColumnTable;
}

/**
 * Holds a market against the NYSE calendar, and its news, labels and prices against each other.
 *
 * @example
 * const check = checkMarket(await loadKaggle({ dir: 'stocknews-djia' }));
 * check.labelMismatches.map(({ date }) => date); // ['2014-04-24', '2015-11-27']
 */
export function checkMarket(market: Market, options: CheckMarketOptions = {}): MarketCheck {
  const prices = priceRows(market.prices);
  const others = options.prices ? [priceRows(options.prices)] : [];
  const newsDays = strings(market.labels, 'date');
  const priced = new Set(prices.dates);
  const reported = new Set(newsDays);
  const [first = '', last = ''] = [newsDays[0], newsDays[newsDays.length - 1]];
  return {
    market: market.name,
    synthetic: market.synthetic,
    fingerprint: market.fingerprint,
    days: newsDays.length,
    headlines: market.headlines.numRows(),
    first,
    last,
    priceDays: prices.dates.length,
    firstPrice: prices.dates[0] ?? '',
    lastPrice: prices.dates[prices.dates.length - 1] ?? '',
    ...checkLabels(market.labels, [prices, ...others]),
    ...checkPriceRows(prices),
    ...checkHeadlines(market.headlines, newsDays),
    ...checkCalendar(prices.dates),
    newsWithoutPrice: newsDays.filter((date) => !priced.has(date)),
    pricesWithoutNews: prices.dates.filter((date) => date > first && date < last && !reported.has(date)),
    priceDisagreements: others.flatMap((other) => comparePrices(prices, other)),
  };
}
