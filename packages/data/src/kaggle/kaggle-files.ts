import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataInputError } from '../errors.js';

/** Kaggle's name of the file with headlines and labels. */
export const newsFileName = 'Combined_News_DJIA.csv';

/** Kaggle's names of the price file, newest first. */
export const priceFileNames = ['upload_DJIA_table.csv', 'DJIA_table.csv'] as const;

/** File that marks a market as synthetic. */
export const syntheticNoteName = 'SYNTHETIC.json';

/** The files of one market. */
export interface KaggleFiles {
  /** Null when there is no news file and none is required. */
  readonly news: string | null;
  /** Null when there is no price table and none is required. */
  readonly prices: string | null;
  /** File that marks the market as synthetic, or null. */
  readonly syntheticNote: string | null;
}

/** Finds the Kaggle files in a folder. Throws {@link DataInputError} with the missing file and its source. */
export async function findKaggleFiles(
  dir: string,
  need: { readonly prices: boolean; readonly news: boolean },
): Promise<KaggleFiles> {
  const names = await readdir(dir).catch((cause) => {
    throw notAFolder(dir, cause);
  });
  const prices = priceFileNames.find((name) => names.includes(name));
  const missing = [
    ...(names.includes(newsFileName) || !need.news ? [] : [newsFileName]),
    ...(prices === undefined && need.prices ? [priceFileNames[0]] : []),
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
    news: names.includes(newsFileName) ? join(dir, newsFileName) : null,
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
