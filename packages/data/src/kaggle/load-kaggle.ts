import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { DataInputError } from '../errors.js';
import type { Market } from '../market.js';
import { makeMarket } from '../market.js';
import type { MarketFileOptions } from '../market-files/load-market-files.js';
import { loadMarketFiles } from '../market-files/load-market-files.js';
import { readInputFile } from '../read/read-input-file.js';
import { findKaggleFiles } from './kaggle-files.js';

/** Options of {@link loadKaggle}. */
export interface LoadKaggleOptions extends MarketFileOptions {
  /** Folder with `Combined_News_DJIA.csv` and `upload_DJIA_table.csv` (or `DJIA_table.csv`, its older name). */
  readonly dir: string;
  /** Prices to use in place of the folder's own table, such as a longer series, in any format of `loadPrices`. */
  readonly prices?: string;
  /** Headlines to use in place of the folder's own, in any format of `loadHeadlines`. */
  readonly headlines?: string | readonly string[];
}

/**
 * Loads the market in a folder of Kaggle's "Daily News for Stock Market Prediction" (aaron7sun/stocknews).
 *
 * Odd data (a wrong label, a stale row, a missing day) loads, and {@link checkMarket} reports it. Suspicious prices load
 * too and are listed in `warnings`. Data that cannot be read, and impossible prices, are refused.
 *
 * @throws DataInputError that names file, line and fix.
 */
export async function loadKaggle({ dir, prices, headlines, ...options }: LoadKaggleOptions): Promise<Market> {
  const files = await findKaggleFiles(dir, { prices: prices === undefined, news: headlines === undefined });
  const name = basename(resolve(dir));
  const market = await loadMarketFiles({
    ...options,
    prices: prices ?? files.prices!,
    headlines: headlines ?? files.news!,
    name: [
      name,
      ...(prices === undefined ? [] : [`prices from ${basename(prices)}`]),
      ...[headlines ?? []].flat().map((file) => `headlines from ${basename(file)}`),
    ].join(', '),
  });
  if (files.syntheticNote === null) return market;
  return makeMarket({ ...market, ...(await readSyntheticNote(files.syntheticNote)) });
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
