import type { ColumnTable } from 'arquero';
import { calendarOf, compareWithNyse } from '../calendar/market-calendar.js';
import { calendarStart } from '../calendar/nyse-calendar.js';
import type { Market } from '../market.js';
import { newsDays as daysOfNews } from '../samples/headlines-by-day.js';
import type { PriceRows } from '../table-columns.js';
import { numbers, priceRows, strings } from '../table-columns.js';
import { checkLabels } from './check-labels.js';
import { implausibleMoves } from './implausible-moves.js';
import type { MarketCheck, PriceDisagreement } from './market-check.js';
import { priceTolerance } from './market-check.js';
import { newsCoverage } from './news-coverage.js';
import { suspiciousPrices } from './suspicious-prices.js';

/** Options of {@link checkMarket}. */
export interface CheckMarketOptions {
  /** A second price table ({@link loadPrices}), compared with the market's. Also supplies closes before the market's first. */
  readonly prices?: ColumnTable;
}

/**
 * Compares a market with the NYSE calendar, and its news, labels and prices with each other.
 *
 * @example
 * const check = checkMarket(await loadKaggle({ dir: 'stocknews-djia' }));
 * check.labelMismatches.map(({ date }) => date); // ['2014-04-24', '2015-11-27']
 */
export function checkMarket(market: Market, options: CheckMarketOptions = {}): MarketCheck {
  const prices = priceRows(market.prices);
  const others = options.prices ? [priceRows(options.prices)] : [];
  const newsDays = daysOfNews(market);
  const files = market.files ?? [];
  const firstPrice = prices.dates[0] ?? '';
  const lastPrice = prices.dates[prices.dates.length - 1] ?? '';
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
    firstDay: newsDays.length > 0 ? first : firstPrice,
    lastDay: newsDays.length > 0 ? last : lastPrice,
    priceDays: prices.dates.length,
    firstPrice,
    lastPrice,
    files,
    encodings: Object.fromEntries(files.map(({ file, encoding, format }) => [file, encoding ?? format])),
    dropped: files.flatMap(({ file, dropped }) => dropped.map((one) => ({ file, ...one }))),
    assumptions: files.flatMap(({ file, assumptions }) => assumptions.map((text) => ({ file, text }))),
    calendar: calendarOf(prices.dates),
    absentHeadlines: market.cleaning?.absent ?? 0,
    mojibake: market.cleaning?.mojibake ?? 0,
    ...(market.news && { news: market.news }),
    ...checkLabels(market.labels, [prices, ...others]),
    ...checkPriceRows(prices),
    suspiciousPrices: suspiciousPrices(prices),
    implausibleMoves: implausibleMoves(prices),
    ...newsCoverage(market),
    ...checkHeadlines(market.headlines, newsDays, market.news?.ranked ?? true),
    ...checkCalendar(prices.dates),
    newsWithoutPrice: newsDays.filter((date) => !priced.has(date)),
    pricesWithoutNews: prices.dates.filter((date) => date > first && date < last && !reported.has(date)),
    priceDisagreements: others.flatMap((other) => comparePrices(prices, other)),
  };
}

/** Finds faulty price rows: stale, inconsistent, adjusted, without volume. */
export function checkPriceRows({
  dates,
  open,
  high,
  low,
  close,
  adjClose,
  volume,
}: PriceRows): Pick<
  MarketCheck,
  'staleRows' | 'repeatedRows' | 'inconsistentRows' | 'adjustedRows' | 'zeroVolumeDays' | 'volumeGaps'
> {
  const rows = dates.map((date, i) => ({ date, i }));
  return {
    staleRows: rows
      .filter(({ i }) => i > 0 && close[i] === close[i - 1] && volume[i] === volume[i - 1])
      .map(({ date, i }) => ({ date, repeats: dates[i - 1], close: close[i], volume: volume[i] })),
    inconsistentRows: rows
      .filter(({ i }) => low[i] > Math.min(open[i], close[i]) || high[i] < Math.max(open[i], close[i]))
      .map(({ date, i }) => ({ date, open: open[i], high: high[i], low: low[i], close: close[i] })),
    adjustedRows: rows
      .filter(({ i }) => !Number.isNaN(adjClose[i]) && adjClose[i] !== close[i])
      .map(({ date, i }) => ({ date, close: close[i], adjClose: adjClose[i] })),
    repeatedRows: rows
      .filter(({ i }) => i > 0 && [open, high, low, close].every((column) => column[i] === column[i - 1]))
      .map(({ date, i }) => ({ date, repeats: dates[i - 1], close: close[i] })),
    zeroVolumeDays: rows.filter(({ i }) => volume[i] === 0).map(({ date }) => date),
    volumeGaps: volume.some((value) => value > 0)
      ? rows.filter(({ i }) => !(volume[i] > 0)).map(({ date }) => date)
      : [],
  };
}

/** Finds empty cells and repeated texts among the headlines of these news days. @param ranked whether a rank without a headline is an empty cell */
export function checkHeadlines(
  headlines: ColumnTable,
  newsDays: readonly string[],
  ranked: boolean,
): Pick<MarketCheck, 'emptyCells' | 'repeatedHeadlines'> {
  const ranks = numbers(headlines, 'rank');
  const texts = strings(headlines, 'text');
  const highestRank = ranks.reduce((highest, rank) => Math.max(highest, rank), 0);
  const filled = new Set<string>();
  const places = new Map<string, { date: string; rank: number }[]>();
  for (const [i, date] of strings(headlines, 'date').entries()) {
    const place = { date, rank: ranks[i] };
    filled.add(`${date} ${place.rank}`);
    const known = places.get(texts[i]);
    if (known) known.push(place);
    else places.set(texts[i], [place]);
  }
  const everyCell = (ranked ? newsDays : []).flatMap((date) =>
    Array.from({ length: highestRank }, (_, i) => ({ date, rank: i + 1 })),
  );
  return {
    emptyCells: everyCell.filter(({ date, rank }) => !filled.has(`${date} ${rank}`)),
    repeatedHeadlines: [...places]
      .filter(([, found]) => found.length > 1)
      .map(([text, found]) => ({ text, places: found })),
  };
}

/** Compares the days of a price table with the NYSE's trading days, where it follows them. */
export function checkCalendar(
  dates: readonly string[],
): Pick<MarketCheck, 'missingDays' | 'extraDays' | 'daysBeforeCalendar'> {
  const differences =
    calendarOf(dates) === 'NYSE' ? compareWithNyse(dates) : { missingDays: [], extraDays: [] };
  return { ...differences, daysBeforeCalendar: dates.filter((date) => date < calendarStart).length };
}

const columns = ['open', 'high', 'low', 'close', 'adjClose', 'volume'] as const;

/** Finds values on which two price tables disagree, on days that both have. */
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
