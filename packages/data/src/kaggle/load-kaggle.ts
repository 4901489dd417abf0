import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { readInputFile } from '../csv/read-input-file.js';
import { DataInputError } from '../errors.js';
import type { Market } from '../market.js';
import { makeMarket } from '../market.js';
import { strings } from '../table-columns.js';
import { findKaggleFiles } from './kaggle-files.js';
import { loadNews } from './load-news.js';
import { loadCheckedPrices } from './load-prices.js';

/** Options of {@link loadKaggle}. */
export interface LoadKaggleOptions {
  /** Folder with `Combined_News_DJIA.csv` and `upload_DJIA_table.csv` (or `DJIA_table.csv`, its older name). */
  readonly dir: string;
  /** A longer price series to use in place of the folder's own price table. */
  readonly prices?: string;
}

/**
 * Loads the market in a folder of Kaggle's "Daily News for Stock Market Prediction" (aaron7sun/stocknews).
 *
 * Odd data (a wrong label, a stale row, a missing day) loads, and {@link checkMarket} reports it. Suspicious prices load
 * too and are listed in `warnings`. Data that cannot be read, and impossible prices, are refused.
 *
 * @throws DataInputError that names file, line and fix.
 */
export async function loadKaggle({ dir, prices }: LoadKaggleOptions): Promise<Market> {
  const files = await findKaggleFiles(dir, prices === undefined);
  const priceFile = prices ?? files.prices!;
  const { prices: priceTable, warnings } = await loadCheckedPrices(priceFile);
  const news = await loadNews(files.news);
  const priced = new Set(strings(priceTable, 'date'));
  if (!strings(news.labels, 'date').some((date) => priced.has(date))) {
    throw new DataInputError('has no day in common with the price table', {
      file: files.news,
      fix: `Give prices of the same days; these are from ${priceFile}.`,
    });
  }
  return makeMarket({
    name:
      prices === undefined
        ? basename(resolve(dir))
        : `${basename(resolve(dir))}, prices from ${basename(prices)}`,
    synthetic: false,
    prices: priceTable,
    headlines: news.headlines,
    labels: news.labels,
    cleaning: news.cleaning,
    warnings,
    ...(files.syntheticNote === null ? {} : await readSyntheticNote(files.syntheticNote)),
  });
}

const syntheticNote = z.object({ name: z.string(), signal: z.number() });

async function readSyntheticNote(file: string): Promise<{ synthetic: true; name: string; signal: number }> {
  const fix = 'Write the market again, or remove the folder.';
  try {
    const note = syntheticNote.safeParse(JSON.parse((await readInputFile(file)).toString('utf8')));
    if (note.success) return { synthetic: true, ...note.data };
  } catch (cause) {
    if (cause instanceof DataInputError) throw cause;
    throw new DataInputError('is not JSON', { file, fix, cause });
  }
  throw new DataInputError('does not hold a name and a signal', { file, fix });
}
