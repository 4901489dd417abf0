import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import process from 'node:process';
import { temporaryPath, writeFileAtomically } from '@fin/files';
import { SourceInputError, SourceUnavailableError } from '../errors.js';
import type { Environment } from '../http/endpoint.js';
import { endpointOf } from '../http/endpoint.js';
import { HttpClient } from '../http/http-client.js';
import type { Limits } from '../http/limits.js';
import { LIMITS } from '../http/limits.js';
import type { SourceRecord } from '../source-record.js';
import { sha256, writeSourceRecord } from '../source-record.js';
import type { PriceQuery, PriceSource, PriceTable } from './price-source.js';
import { noPrices, stooq } from './stooq.js';
import { yahoo } from './yahoo.js';

/** Places that give out daily prices. */
export type PriceSourceName = 'stooq' | 'yahoo';

const sources: Readonly<Record<PriceSourceName, PriceSource>> = { stooq, yahoo };

/** Names of the places that give out daily prices. */
export const priceSources: readonly PriceSourceName[] = ['stooq', 'yahoo'];

/** Options of {@link pullPrices}. */
export interface PullPricesOptions {
  readonly from: PriceSourceName;
  /** CSV file to write. Where it came from is written to `FILE.source.json`. */
  readonly out: string;
  /** Whether to replace the file when it exists. @default false */
  readonly overwrite?: boolean;
  /** First day, YYYY-MM-DD. @default the first that the source has */
  readonly start?: string;
  /** Last day, YYYY-MM-DD, included. Days that are not over yet in New York are left out. @default the last that is over */
  readonly end?: string;
  /** @default process.env */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  /** Told of each failure after which it goes on. */
  readonly onNote?: (text: string) => void;
}

/** A file of prices that was fetched. */
export interface PulledPrices extends SourceRecord {
  readonly file: string;
  /** Number of days, and the first and last of them. */
  readonly days: number;
  readonly first: string;
  readonly last: string;
}

/**
 * Fetches the daily prices of an index or a stock, and writes them as a CSV file that `loadPrices` of `@fin/data` reads as it is: it
 * is read once before it gets its name. A day whose trading is not over is no close, and is left out.
 *
 * Reads `STOOQ_API_KEY`, and the addresses of mirrors from `FIN_STOOQ_ENDPOINT` and `FIN_YAHOO_ENDPOINT`.
 *
 * @param symbol as the source writes it, such as `^DJI`
 * @throws {SourceInputError} when there is no such symbol, a day is none, the file exists, or Stooq wants a key
 * @throws {SourceUnavailableError} when the source cannot be reached, or sends something else than prices
 * @throws {FileWriteError} of `@fin/files`
 * @example
 * ```ts
 * const { days, last } = await pullPrices('^DJI', { from: 'yahoo', start: '2008-01-01', out: 'dji.csv' });
 * ```
 */
export async function pullPrices(symbol: string, options: PullPricesOptions): Promise<PulledPrices> {
  return pullPricesWith(LIMITS, symbol, options);
}

/** As {@link pullPrices}, with other limits. */
export async function pullPricesWith(
  limits: Limits,
  symbol: string,
  options: PullPricesOptions,
): Promise<PulledPrices> {
  const { from, out, overwrite = false, env = process.env, signal, onNote = () => {} } = options;
  // Loaded here, so that commands which only look up a model do not wait for it.
  const { lastClosedDay } = await import('@fin/data');
  const query = queryOf(symbol, options, lastClosedDay());
  if (existsSync(out) && !overwrite) {
    throw new SourceInputError(`${out} exists: choose another file, or say that it may be overwritten`);
  }
  const source = sources[from];
  const endpoint = endpointOf(env, source.endpoint.variable, source.endpoint.usual);
  const client = new HttpClient({
    endpoint,
    headers: source.headers,
    name: `${symbol} of ${source.title}`,
    refusal: source.refusal(query),
    limits,
    signal,
    onRetry: onNote,
  });
  const { path, shown } = source.address(query, env);
  const table = await client.get(`${endpoint}${path}`, (body) => source.read(body.toString('utf8'), query));
  const rows = rowsOf(table, query);
  if (rows.length === 0) throw noPrices(source.title, symbol);
  const text = [table.header, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
  await requireReadable(text, out, `${symbol} of ${source.title}`);
  signal?.throwIfAborted();
  await writeFileAtomically(out, text);
  const record: SourceRecord = {
    source: from,
    name: symbol,
    address: `${endpoint}${shown}`,
    fetchedAt: new Date().toISOString(),
    sha256: sha256(text),
  };
  await writeSourceRecord(`${out}.source.json`, record);
  return { file: out, days: rows.length, first: rows[0][0], last: rows[rows.length - 1][0], ...record };
}

/** @param over newest day whose trading is over */
function queryOf(symbol: string, { start, end }: PullPricesOptions, over: string): PriceQuery {
  if (!/^[\w^.=&-]{1,32}$/.test(symbol)) {
    throw new SourceInputError(
      `${JSON.stringify(symbol)} is not a symbol: give one as the source writes it, such as ^DJI`,
    );
  }
  for (const [name, day] of Object.entries({ start, end })) {
    if (day !== undefined && !isDay(day))
      throw new SourceInputError(`the ${name} ${JSON.stringify(day)} is not a day: write it as 2016-07-01`);
  }
  const last = end === undefined || end > over ? over : end;
  if (start !== undefined && start > last) {
    throw new SourceInputError(`the start ${start} is after ${last}, the last day of the prices`);
  }
  return { symbol, start: start ?? null, end: last };
}

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().startsWith(text);

/** The rows of the days that were asked for, oldest first. */
function rowsOf({ rows }: PriceTable, { start, end }: PriceQuery): PriceTable['rows'] {
  return rows
    .filter(([day]) => day <= end && (start === null || day >= start))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Reads prices as every command will, from a temporary file. */
async function requireReadable(text: string, out: string, what: string): Promise<void> {
  const { loadPrices } = await import('@fin/data');
  const trial = temporaryPath(out);
  await writeFileAtomically(trial, text);
  try {
    await loadPrices(trial);
  } catch (error) {
    if ((error as { readonly kind?: string }).kind !== 'input') throw error;
    const { message } = error as Error;
    throw new SourceUnavailableError(
      `the prices of ${what} cannot be used, and nothing was written: ${message.replaceAll(trial, 'the answer')}`,
      { cause: error },
    );
  } finally {
    await rm(trial, { force: true });
  }
}
