import type { Environment } from '../http/endpoint.js';
import type { Refusal } from '../http/problems.js';

/** Prices that are asked for. */
export interface PriceQuery {
  readonly symbol: string;
  /** First day, YYYY-MM-DD; null for the first that there is. */
  readonly start: string | null;
  /** Last day, included. */
  readonly end: string;
}

/** Daily prices as a source sent them: the header of a CSV file, and its rows. The first cell of a row is its day, YYYY-MM-DD. */
export interface PriceTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A place that gives out daily prices. */
export interface PriceSource {
  /** Name in messages. */
  readonly title: string;
  /** Usual address, and the environment variable with that of a mirror. */
  readonly endpoint: { readonly usual: string; readonly variable: string };
  /** Headers of each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Path and query of the prices; they may reach some days beyond the query.
   *
   * @returns `shown` is what the record keeps: without a key
   */
  address(query: PriceQuery, env: Environment): { readonly path: string; readonly shown: string };
  /**
   * Reads an answer.
   *
   * @throws {TransientError} when it was cut
   * @throws {SourceInputError | SourceUnavailableError} when it is something else than prices
   */
  read(body: string, query: PriceQuery): PriceTable;
  /** Errors for refusals. */
  refusal(query: PriceQuery): Refusal;
}
