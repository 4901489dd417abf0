import { basename } from 'node:path';
import { table } from 'arquero';
import { calendarOf } from '../calendar/market-calendar.js';
import { implausibleMoves, moveText } from '../check/implausible-moves.js';
import { suspiciousPrices } from '../check/suspicious-prices.js';
import { DataInputError } from '../errors.js';
import type { HeadlineFileOptions } from '../headlines/headline-rows.js';
import type { LoadedHeadlines } from '../headlines/load-headlines.js';
import { loadHeadlines } from '../headlines/load-headlines.js';
import type { Market } from '../market.js';
import { makeMarket } from '../market.js';
import type { LoadedPrices, PriceFileOptions } from '../prices/load-prices.js';
import { loadPrices } from '../prices/load-prices.js';
import { newsDays } from '../samples/headlines-by-day.js';
import { priceRows, strings } from '../table-columns.js';

/** What a caller knows of the files of a market that the files leave open. */
export interface MarketFileOptions extends PriceFileOptions, HeadlineFileOptions {}

/** Files of {@link loadMarketFiles}. */
export interface MarketFiles extends MarketFileOptions {
  /** Daily prices, as for `loadPrices`. */
  readonly prices: string;
  /** One or several files of headlines, as for `loadHeadlines`. @default no headlines */
  readonly headlines?: string | readonly string[];
  /** Name of the market in reports. @default the names of the files */
  readonly name?: string;
}

/**
 * Loads a market from files of any name, such as another index or a stock with its own news.
 *
 * @throws DataInputError that names file, line and fix.
 * @example
 * const market = await loadMarketFiles({ prices: 'FTSE.csv', headlines: ['2020.jsonl', '2021.jsonl'] });
 * market.files?.[0].assumptions; // decisions that the files did not force
 */
export async function loadMarketFiles(files: MarketFiles): Promise<Market> {
  const { prices: priceFile, headlines, name, ...options } = files;
  const prices = await loadPrices(priceFile, options);
  const newsFiles = headlines === undefined ? [] : [headlines].flat();
  const news = newsFiles.length === 0 ? null : await loadHeadlines(newsFiles, options);
  if (news !== null) requireCommonDay(prices, news, priceFile);
  const dates = strings(prices.prices, 'date');
  const calendar = calendarOf(dates);
  const outside =
    news === null
      ? 0
      : strings(news.headlines, 'date').filter((date) => date > dates[dates.length - 1]).length;
  return makeMarket({
    name:
      name ??
      [basename(priceFile), newsFiles.map((file) => basename(file)).join(', ')]
        .filter((text) => text !== '')
        .join(' with '),
    synthetic: false,
    prices: prices.prices,
    headlines: news?.headlines ?? table({ date: [] as string[], rank: [] as number[], text: [] as string[] }),
    labels: news?.labels ?? table({ date: [] as string[], label: [] as number[] }),
    warnings: [...prices.warnings, ...moveWarnings(prices, priceFile)],
    files: [prices.report, ...(news?.reports ?? [])],
    calendar,
    ...(news !== null && {
      cleaning: news.cleaning,
      news: { placement: news.placement, copies: news.copies, ranked: news.ranked, afterLastPrice: outside },
    }),
  });
}

/** Moves too large to be true, on days that have no other warning. */
function moveWarnings({ prices }: LoadedPrices, file: string): string[] {
  const rows = priceRows(prices);
  const warned = new Set(suspiciousPrices(rows).map(({ date }) => date));
  return implausibleMoves(rows)
    .filter(({ date, previousDate }) => !warned.has(date) && !warned.has(previousDate))
    .map((move) => `${file}: ${moveText(move)}.`);
}

function requireCommonDay({ prices }: LoadedPrices, news: LoadedHeadlines, priceFile: string): void {
  const priced = strings(prices, 'date');
  const [first, last] = [priced[0], priced[priced.length - 1]];
  const days = newsDays(news);
  const known = new Set(priced);
  if (news.ranked ? days.some((day) => known.has(day)) : days.some((day) => day >= first && day <= last))
    return;
  throw new DataInputError('has no day in common with the price table', {
    file: news.reports.map(({ file }) => file).join(', '),
    fix: `Give prices of the same days; these are from ${priceFile}.`,
  });
}
