import { createHash } from 'node:crypto';
import type { ColumnTable } from 'arquero';
import { epochDay } from './calendar/iso-date.js';
import type { MarketCalendar } from './calendar/market-calendar.js';
import { DataInputError, quote } from './errors.js';
import type { HeadlineCopies } from './headlines/copies.js';
import type { HeadlineCounts, HeadlinePlacement } from './headlines/headline-rows.js';
import type { FileReport } from './read/understanding.js';
import { strings } from './table-columns.js';

/** Prices and dated headlines of one market. */
export interface Market {
  /** Name in reports. A synthetic market's name contains "synthetic". */
  readonly name: string;
  /** True for a market of {@link syntheticMarket}, also after writing and loading it. */
  readonly synthetic: boolean;
  /**
   * One row per trading day, oldest first: `date` (YYYY-MM-DD), `open`, `high`, `low`, `close`, `adjClose`, `volume`. NaN where a value
   * is missing; a close is always there.
   */
  readonly prices: ColumnTable;
  /** One row per headline, by date and then rank: `date`, `rank` (1 is the day's top), `text` (cleaned, see {@link cleanHeadline}). */
  readonly headlines: ColumnTable;
  /**
   * One row per labelled day: `date`, `label` (1 or 0, same-day information: checked against prices, never an input or a target). Without
   * rows when there are no labels.
   */
  readonly labels: ColumnTable;
  /** sha256 of the content of the three tables, in hex. */
  readonly fingerprint: string;
  /** Synthetic markets: the log return that a tone of +1 adds to the next day. With 0, headlines foretell nothing. */
  readonly signal?: number;
  /** Markets read from files: one message per suspicious price, with file, line, value, neighbours and fix. */
  readonly warnings?: readonly string[];
  /** Markets read from files: counts of the headlines that cleaning changed, and of absent ones. */
  readonly cleaning?: HeadlineCounts;
  /** Markets read from files: content that was understood, left out and assumed, by file. */
  readonly files?: readonly FileReport[];
  /** Markets read from files: calendar that the prices follow. */
  readonly calendar?: MarketCalendar;
  /** Markets read from files with headlines. */
  readonly news?: NewsReport;
}

/** How headlines were placed on days. */
export interface NewsReport {
  readonly placement: HeadlinePlacement;
  readonly copies: HeadlineCopies;
  /** Whether the files have one row per day, so that an empty cell is a rank without a headline. */
  readonly ranked: boolean;
  /** Headlines known after the last price, which no sample uses. */
  readonly afterLastPrice: number;
}

/** A {@link Market} without its fingerprint. */
export type MarketParts = Omit<Market, 'fingerprint'>;

export const priceColumns = ['date', 'open', 'high', 'low', 'close', 'adjClose', 'volume'] as const;
export const headlineColumns = ['date', 'rank', 'text'] as const;
export const labelColumns = ['date', 'label'] as const;

/**
 * Makes a market from your own tables. Checks their columns and the order of their days, and computes the fingerprint.
 *
 * @throws DataInputError when a column is missing or days are not in order.
 */
export function makeMarket(parts: MarketParts): Market {
  requireTable(parts.prices, 'prices', priceColumns, true);
  requireTable(parts.headlines, 'headlines', headlineColumns, false);
  requireTable(parts.labels, 'labels', labelColumns, true);
  return {
    ...parts,
    fingerprint: fingerprint([
      ['prices', priceColumns, parts.prices],
      ['headlines', headlineColumns, parts.headlines],
      ['labels', labelColumns, parts.labels],
    ]),
  };
}

function requireTable(table: ColumnTable, name: string, columns: readonly string[], distinct: boolean): void {
  const missing = columns.find((column) => !table.columnNames().includes(column));
  if (missing !== undefined) {
    throw new DataInputError(`the table "${name}" has no column "${missing}"`, {
      fix: `Give it the columns ${columns.join(', ')}.`,
    });
  }
  const dates = strings(table, 'date');
  for (const [i, date] of dates.entries()) {
    if (typeof date !== 'string' || epochDay(date) === null) {
      throw new DataInputError(`the table "${name}" has ${quote(String(date))} where a date should be`, {
        fix: 'Write dates as strings YYYY-MM-DD.',
      });
    }
    if (i === 0) continue;
    if (date < dates[i - 1] || (distinct && date === dates[i - 1])) {
      throw new DataInputError(`the table "${name}" has ${date} after ${dates[i - 1]}`, {
        fix: distinct ? 'Sort it by date, oldest first, one row per day.' : 'Sort it by date, oldest first.',
      });
    }
  }
}

/** Changes when fingerprints are computed differently. */
const VERSION = 'fin-market-1';

/**
 * Computes the sha256, in hex, of the rows of named tables. It depends on the values only, not on how the files order
 * columns and rows, write numbers, quote cells or end lines. Markets with the same fingerprint give the same samples.
 */
export function fingerprint(
  tables: readonly (readonly [name: string, columns: readonly string[], table: ColumnTable])[],
): string {
  const hash = createHash('sha256').update(VERSION);
  for (const [name, columns, table] of tables) {
    hash.update(`\n${JSON.stringify([name, columns, table.numRows()])}\n`);
    const values = columns.map((column) => table.array(column) as ArrayLike<unknown>);
    const lines: string[] = [];
    for (let row = 0; row < table.numRows(); row++) {
      lines.push(JSON.stringify(values.map((column) => column[row])));
    }
    hash.update(lines.join('\n'));
  }
  return hash.digest('hex');
}
