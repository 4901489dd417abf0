import type { ColumnTable } from 'arquero';
import { table as makeTable } from 'arquero';
import { suspiciousPrices } from '../check/suspicious-prices.js';
import { DataInputError } from '../errors.js';
import { readDates, tradingDates } from '../read/date-column.js';
import type { FoundColumns, NamedColumns } from '../read/find-columns.js';
import { findColumns, normalizeName, requireColumn } from '../read/find-columns.js';
import type { DecimalMark } from '../read/number-column.js';
import { isNumeric, readNumbers } from '../read/number-column.js';
import type { RawRow, RawTable } from '../read/raw-table.js';
import { lineOfCell } from '../read/raw-table.js';
import { readTable } from '../read/read-table.js';
import type { DroppedValue, FileReport } from '../read/understanding.js';
import { priceRows } from '../table-columns.js';
import { corporateAction } from './corporate-actions.js';
import { joinHeaderLines, rowsOfTicker } from './tickers.js';

/** What a caller knows of a price file that the file itself leaves open. */
export interface PriceFileOptions {
  /** Names of columns: date, open, high, low, close, adjClose, volume, ticker. @default found by name */
  readonly columns?: NamedColumns;
  /** Order of the parts of a date, such as DD/MM/YYYY. @default found from the column */
  readonly dateFormat?: string;
  /** Decimal mark of the numbers. @default found from the columns */
  readonly decimal?: DecimalMark;
  /** Ticker to keep of a file with several. */
  readonly ticker?: string;
  /** Zone of dates that are written as instants in UTC, such as America/New_York. */
  readonly timeZone?: string;
}

/** Result of {@link loadPrices}. */
export interface LoadedPrices {
  /**
   * `date open high low close adjClose volume`, oldest first. Prices in index points, volume in shares; NaN where the file has no
   * value.
   */
  readonly prices: ColumnTable;
  /** One message per suspicious price, with file, line, value, neighbours and fix. */
  readonly warnings: readonly string[];
  /** Content that was understood, left out and assumed. */
  readonly report: FileReport;
}

const valueColumns = ['open', 'high', 'low', 'close', 'adjClose', 'volume'] as const;
type ValueColumn = (typeof valueColumns)[number];

/**
 * Loads daily prices: downloads of Yahoo Finance, yfinance, Stooq, Investing.com, Nasdaq, Alpha Vantage and FRED, and tables like them,
 * as CSV, TSV, JSON Lines or Parquet. Only a date and a close are required.
 *
 * @throws DataInputError that names file, line and fix; also for a price 1000 times as large or small as its neighbours.
 */
export async function loadPrices(file: string, options: PriceFileOptions = {}): Promise<LoadedPrices> {
  const read = await readTable(file, (cells) => corporateAction(cells) !== null);
  const {
    table: whole,
    columns,
    assumptions,
  } = understandColumns(joinHeaderLines(read, options.ticker), options);
  const dates = readDates(whole, columns.date, options.dateFormat);
  const { table, days, dropped } = dropActions(
    whole,
    tradingDates(whole, columns.date, dates, options.timeZone),
  );
  const present = valueColumns.filter((name) => columns[name] !== undefined);
  const { columns: values, style } = readNumbers(
    table,
    present.map((name) => ({ index: columns[name]!, rule: name === 'volume' ? 'not negative' : 'positive' })),
    options.decimal,
  );
  const rows = table.rows.map((row, i): PriceRow => {
    const bar = Object.fromEntries(valueColumns.map((name) => [name, Number.NaN])) as Record<
      ValueColumn,
      number
    >;
    for (const [j, name] of present.entries()) bar[name] = values[j][i];
    return { row, date: days[i], ...bar };
  });
  const kept = mergeDuplicates(table, columns.date, dropEmpty(table, columns, rows, dropped), dropped);
  if (kept.length === 0) {
    throw new DataInputError('has no row with a close', { file, fix: 'Check that it is the right file.' });
  }
  const absent = valueColumns.filter((name) => name !== 'adjClose' && columns[name] === undefined);
  if (absent.length > 0)
    assumptions.push(`no column for ${absent.join(', ')}: features that need them are left out`);
  if (style.decimal === 'comma') assumptions.push('numbers have a decimal comma');
  const prices = makeTable({
    date: kept.map(({ date }) => date),
    ...Object.fromEntries(valueColumns.map((name) => [name, Float64Array.from(kept, (row) => row[name])])),
  });
  return {
    prices,
    warnings: suspicious(prices, kept, table, columns),
    report: {
      file,
      holds: 'prices',
      format: table.format,
      encoding: table.encoding,
      columns: Object.fromEntries(
        Object.entries(columns).map(([role, index]) => [role, table.header.cells[index!].trim()]),
      ),
      dates: dates.written,
      rows: whole.rows.length,
      dropped,
      assumptions: [...assumptions, ...missingValues(kept, present)],
    },
  };
}

interface PriceRow extends Record<ValueColumn, number> {
  readonly row: RawRow;
  readonly date: string;
}

type PriceColumns = FoundColumns<ValueColumn> & { readonly date: number; readonly close: number };

/** Finds the columns, and keeps the rows of one ticker. */
function understandColumns(
  raw: RawTable,
  { columns: named, ticker }: PriceFileOptions,
): { table: RawTable; columns: PriceColumns; assumptions: string[] } {
  const assumptions: string[] = [];
  const {
    ticker: tickers,
    timeOfDay,
    ...found
  } = findColumns(raw, ['date', 'timeOfDay', ...valueColumns, 'ticker'], priceRoles(named));
  const table = tickers === undefined ? raw : rowsOfTicker(raw, tickers, ticker);
  found.date ??= unnamedIndex(table);
  const date = requireColumn(table, found, 'date');
  if (found.close === undefined) {
    const others = table.header.cells.map((_, i) => i).filter((i) => ![date, tickers, timeOfDay].includes(i));
    if (others.length === 1 && isNumeric(table, others[0])) {
      found.close = others[0];
      assumptions.push(
        `"${table.header.cells[others[0]].trim()}", the only column besides the date, is the close`,
      );
    }
  }
  return { table, columns: { ...found, date, close: requireColumn(table, found, 'close') }, assumptions };
}

/** The columns that the caller names for prices; those of headlines are for other files. */
function priceRoles(named: NamedColumns = {}): NamedColumns {
  const { date, open, high, low, close, adjClose, volume } = named;
  return { date, open, high, low, close, adjClose, volume };
}

/** First column of a table that pandas wrote with an index that has no name. */
function unnamedIndex({ header }: RawTable): number | undefined {
  return ['', 'unnamed0', 'index'].includes(normalizeName(header.cells[0])) ? 0 : undefined;
}

/** Drops rows of dividends and splits. @param days of all rows */
function dropActions(
  whole: RawTable,
  days: readonly string[],
): { table: RawTable; days: string[]; dropped: DroppedValue[] } {
  const actions = whole.rows.map(({ cells }) => corporateAction(cells));
  return {
    table: { ...whole, rows: whole.rows.filter((_, i) => actions[i] === null) },
    days: days.filter((_, i) => actions[i] === null),
    dropped: whole.rows.flatMap(({ line }, i) =>
      actions[i] === null ? [] : [{ line, date: days[i], reason: `${actions[i]}, not a price` }],
    ),
  };
}

/** Drops rows without a close. A price of 0 is no value; a close of 0 beside other prices is a mistake. */
function dropEmpty(
  table: RawTable,
  { close }: PriceColumns,
  rows: readonly PriceRow[],
  dropped: DroppedValue[],
): PriceRow[] {
  return rows.flatMap((price) => {
    const bar = { ...price };
    for (const name of ['open', 'high', 'low', 'adjClose'] as const)
      if (bar[name] === 0) bar[name] = Number.NaN;
    const others = [bar.open, bar.high, bar.low].some((value) => !Number.isNaN(value));
    const line = lineOfCell(price.row, close);
    if (price.close === 0 && others) {
      const text = price.row.cells[close].trim();
      throw new DataInputError(`${text} is not a price: prices are above 0`, {
        file: table.file,
        line,
        column: table.header.cells[close].trim(),
        fix: 'Correct it, or delete the row.',
      });
    }
    if (price.close > 0) return [bar];
    dropped.push({ line: price.row.line, date: price.date, reason: 'no close' });
    return [];
  });
}

/** Sorts rows by day and merges equal rows of one day. @throws DataInputError when they differ; the message names both lines */
function mergeDuplicates(
  { file, header }: RawTable,
  dateIndex: number,
  rows: readonly PriceRow[],
  dropped: DroppedValue[],
): PriceRow[] {
  const byDay = new Map<string, PriceRow>();
  for (const price of rows) {
    const earlier = byDay.get(price.date);
    if (earlier === undefined) byDay.set(price.date, price);
    else if (valueColumns.every((name) => Object.is(price[name], earlier[name]))) {
      const line = lineOfCell(earlier.row, dateIndex);
      dropped.push({ line: price.row.line, date: price.date, reason: `repeats line ${line}` });
    } else {
      throw new DataInputError(
        `the day ${price.date} is there already, on line ${lineOfCell(earlier.row, dateIndex)}, with other values`,
        {
          file,
          line: lineOfCell(price.row, dateIndex),
          column: header.cells[dateIndex].trim(),
          fix: 'Keep one of the two rows.',
        },
      );
    }
  }
  return [...byDay.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** One sentence per column with missing values. */
function missingValues(rows: readonly PriceRow[], present: readonly ValueColumn[]): string[] {
  return present.flatMap((name) => {
    const days = rows.filter((row) => Number.isNaN(row[name])).map(({ date }) => date);
    if (days.length === 0) return [];
    const listed = days.slice(0, 5).join(', ');
    return [
      `${name} is missing on ${days.length} of ${rows.length} days: ${listed}${days.length > 5 ? ', …' : ''}`,
    ];
  });
}

function suspicious(
  prices: ColumnTable,
  rows: readonly PriceRow[],
  table: RawTable,
  columns: PriceColumns,
): string[] {
  const rowOf = new Map(rows.map(({ date, row }) => [date, row]));
  return suspiciousPrices(priceRows(prices)).map(({ date, column, problem, fix, absurd }) => {
    const index = columns[column]!;
    const error = new DataInputError(problem, {
      file: table.file,
      line: lineOfCell(rowOf.get(date)!, index),
      column: table.header.cells[index].trim(),
      fix,
    });
    if (absurd) throw error;
    return error.message;
  });
}
