import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataInputError } from '../errors.js';

/** Headlines and labels, as Kaggle names the file. */
export const newsFileName = 'Combined_News_DJIA.csv';

/** Prices, as Kaggle names the file, newest name first. */
export const priceFileNames = ['upload_DJIA_table.csv', 'DJIA_table.csv'] as const;

/** Written beside the files of a synthetic market, so that it stays known as one. */
export const syntheticNoteName = 'SYNTHETIC.json';

/** The files of one market. */
export interface KaggleFiles {
  readonly news: string;
  /** Null when no price table is there and none was required. */
  readonly prices: string | null;
  /** The note that tells that the market is synthetic, or null. */
  readonly syntheticNote: string | null;
}

/** Finds the Kaggle files in a folder, or throws {@link DataInputError} saying what is missing and where to get it. */
export async function findKaggleFiles(dir: string, needPrices: boolean): Promise<KaggleFiles> {
  const names = await readdir(dir).catch((cause) => {
    throw notAFolder(dir, cause);
  });
  const prices = priceFileNames.find((name) => names.includes(name));
  const missing = [
    ...(names.includes(newsFileName) ? [] : [newsFileName]),
    ...(prices === undefined && needPrices ? [priceFileNames[0]] : []),
  ];
  if (missing.length > 0) {
    const archive = names.find((name) => name.toLowerCase().endsWith('.zip'));
    throw new DataInputError(`the folder has no ${missing.join(' and no ')}`, {
      file: dir,
      fix: archive
        ? `Unpack ${archive} there.`
        : 'Download "Daily News for Stock Market Prediction" (aaron7sun/stocknews) from Kaggle and unpack it there.',
    });
  }
  return {
    news: join(dir, newsFileName),
    prices: prices === undefined ? null : join(dir, prices),
    syntheticNote: names.includes(syntheticNoteName) ? join(dir, syntheticNoteName) : null,
  };
}

function notAFolder(dir: string, cause: NodeJS.ErrnoException): DataInputError {
  const fix = `Give the folder that holds ${newsFileName} and ${priceFileNames[0]}.`;
  if (cause.code === 'ENOENT')
    return new DataInputError('there is no such folder', { file: dir, fix, cause });
  if (cause.code === 'ENOTDIR')
    return new DataInputError('is a file, not a folder', { file: dir, fix, cause });
  if (cause.code === 'EACCES') {
    return new DataInputError('may not be read', {
      file: dir,
      fix: 'Give yourself read permission for it.',
      cause,
    });
  }
  return new DataInputError(`cannot be read (${cause.message})`, { file: dir, fix, cause });
}
