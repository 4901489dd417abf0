import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { requireEmptyFolder, writeFolderAtomically } from '@fin/files';
import { SourceInputError, SourceUnavailableError } from '../errors.js';
import { download, sha256OfFile } from '../http/download.js';
import type { Environment } from '../http/endpoint.js';
import { endpointOf } from '../http/endpoint.js';
import { HttpClient } from '../http/http-client.js';
import type { Limits } from '../http/limits.js';
import { LIMITS } from '../http/limits.js';
import type { Refusal } from '../http/problems.js';
import type { SourceRecord } from '../source-record.js';
import { writeSourceRecord } from '../source-record.js';
import { kaggleAuthorization, kaggleFolder } from './kaggle-credentials.js';
import type { UnpackedFile } from './unpack-tables.js';
import { unpackTables } from './unpack-tables.js';

/** Daily News for Stock Market Prediction: headlines and prices of the Dow Jones, 2008 to 2016. */
const STOCK_NEWS = 'aaron7sun/stocknews';

/** Its files. The price table has had two names. */
const STOCK_NEWS_FILES = [
  'Combined_News_DJIA.csv',
  'upload_DJIA_table.csv',
  'DJIA_table.csv',
  'RedditNews.csv',
];

/** Name of the record in the folder. */
const RECORD = 'fin-source.json';

/** Above any zip archive of tables that fit in memory; a larger one is another kind of data set. */
const MAX_ARCHIVE_BYTES = 2 ** 30;

/** Options of {@link pullKaggle}. */
export interface PullKaggleOptions {
  /** Folder to write. It must not exist, or be empty. */
  readonly out: string;
  /** @default process.env */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  /** Told of each failure after which it goes on. */
  readonly onNote?: (text: string) => void;
  /** Told how many bytes of the archive are there; `total` is null while it is not known. */
  readonly onProgress?: (done: number, total: number | null) => void;
}

/** A data set that was fetched. */
export interface PulledDataset extends SourceRecord {
  readonly dir: string;
  readonly files: readonly UnpackedFile[];
}

/**
 * Fetches a data set from Kaggle and unpacks it. The folder appears with all of its files or not at all, and with the record
 * `fin-source.json`. A cut download goes on where it was.
 *
 * ```
 * credentials ── archive, its md5 checked ── names and sizes checked ── unpacked, checksums checked ── read once ── folder renamed
 * ```
 *
 * Reads the environment as Kaggle's own tools do: `KAGGLE_API_TOKEN`, `KAGGLE_USERNAME` and `KAGGLE_KEY`, `KAGGLE_CONFIG_DIR` (with
 * `kaggle.json`; `~/.kaggle` by default), `KAGGLE_API_ENDPOINT`.
 *
 * @param dataset such as `aaron7sun/stocknews`, or `aaron7sun/stocknews/versions/2`
 * @throws {SourceInputError} when there is no such data set, it may not be read, or has files that are not expected
 * @throws {SourceUnavailableError} when Kaggle cannot be reached, or sends another content than it says
 * @throws {FileInputError | FileWriteError} of `@fin/files`
 */
export async function pullKaggle(dataset: string, options: PullKaggleOptions): Promise<PulledDataset> {
  return pullKaggleWith(LIMITS, dataset, options);
}

/** As {@link pullKaggle}, with other limits. */
export async function pullKaggleWith(
  limits: Limits,
  dataset: string,
  { out, env = process.env, signal, onNote = () => {}, onProgress = () => {} }: PullKaggleOptions,
): Promise<PulledDataset> {
  const { name, version } = parseDataset(dataset);
  await requireEmptyFolder(out);
  const endpoint = endpointOf(
    env,
    'KAGGLE_API_ENDPOINT',
    'https://www.kaggle.com',
    'them in KAGGLE_USERNAME and KAGGLE_KEY',
  );
  const authorization = kaggleAuthorization(env);
  const client = new HttpClient({
    endpoint,
    authorization,
    name: dataset,
    refusal: kaggleRefusal(dataset, authorization !== null, kaggleFolder(env)),
    limits,
    signal,
    onRetry: onNote,
  });
  const url = `${endpoint}/api/v1/datasets/download/${name}${version === null ? '' : `?dataset_version_number=${version}`}`;
  let files: UnpackedFile[] = [];
  let record: SourceRecord | undefined;
  await writeFolderAtomically(out, async (folder) => {
    const archive = join(folder, '.archive.zip');
    await download(client, { url, name: dataset, file: archive, maxBytes: MAX_ARCHIVE_BYTES, onProgress });
    const only = name === STOCK_NEWS ? STOCK_NEWS_FILES : undefined;
    files = await unpackTables(archive, folder, { only, name: dataset, signal });
    if (only) await requireMarket(folder, dataset);
    record = {
      source: 'kaggle',
      name: dataset,
      address: url,
      fetchedAt: new Date().toISOString(),
      sha256: await sha256OfFile(archive),
    };
    await writeSourceRecord(join(folder, RECORD), record);
    await rm(archive);
    signal?.throwIfAborted();
  });
  return { dir: out, files, ...record! };
}

function parseDataset(text: string): { readonly name: string; readonly version: string | null } {
  const found = /^([\w-]{1,50}\/[\w-]{1,100})(?:\/versions\/(\d{1,6}))?$/.exec(text);
  if (found) return { name: found[1], version: found[2] ?? null };
  throw new SourceInputError(
    `${JSON.stringify(text)} is not the name of a data set on Kaggle: write it as its address ends, such as ${STOCK_NEWS}`,
  );
}

function kaggleRefusal(dataset: string, hasCredentials: boolean, folder: string): Refusal {
  return ({ status }, answered) => {
    if (status === 401 || status === 403) {
      return new SourceInputError(
        hasCredentials
          ? `${dataset} was refused (${answered}): there is no such data set, your credentials are not valid any more, or you have to accept its terms on Kaggle's page first`
          : `${dataset} was refused without credentials (${answered}): make an API token at https://www.kaggle.com/settings, and put its kaggle.json into ${folder}, or set KAGGLE_USERNAME and KAGGLE_KEY`,
      );
    }
    if (status === 404)
      return new SourceInputError(`there is no data set ${dataset} on Kaggle (${answered})`);
    return null;
  };
}

/** Reads the market as every command will. */
async function requireMarket(dir: string, dataset: string): Promise<void> {
  const { loadKaggle } = await import('@fin/data');
  try {
    await loadKaggle({ dir });
  } catch (error) {
    if ((error as { readonly kind?: string }).kind !== 'input') throw error;
    throw new SourceUnavailableError(
      `${dataset} was fetched, but cannot be read as headlines and prices, and nothing was written: ${(error as Error).message.replaceAll(`${dir}/`, '')}`,
      { cause: error },
    );
  }
}
