import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import { suspiciousPrices } from '../check/suspicious-prices.js';
import { dateCell, numberCell, requireDistinctDates } from '../csv/cells.js';
import { findColumns, lineOfCell, parseCsv } from '../csv/parse-csv.js';
import { readInputFile } from '../csv/read-input-file.js';
import { DataInputError } from '../errors.js';
import { priceRows } from '../table-columns.js';

const columnNames = {
  open: 'Open',
  high: 'High',
  low: 'Low',
  close: 'Close',
  volume: 'Volume',
  adjClose: 'Adj Close',
} as const;

/**
 * Loads daily prices from a CSV file with the columns Date, Open, High, Low, Close, Adj Close and Volume, in any order of
 * columns and days: Kaggle's `upload_DJIA_table.csv`, or a longer series in Yahoo Finance's format.
 *
 * @returns `date open high low close adjClose volume`, oldest first. Prices in index points, volume in shares.
 * @throws DataInputError that names file, line and fix; also for a price 1000 times as large or small as its neighbours.
 */
export async function loadPrices(file: string): Promise<ColumnTable> {
  return (await loadCheckedPrices(file)).prices;
}

/** Loads prices like {@link loadPrices}, with one warning per suspicious value. */
export async function loadCheckedPrices(file: string): Promise<{ prices: ColumnTable; warnings: string[] }> {
  const csv = parseCsv(await readInputFile(file), file);
  const columns = findColumns(csv, ['Date', ...Object.values(columnNames)]);
  const rows = csv.rows.map((row) => ({
    row,
    date: dateCell(csv, row, columns.Date),
    open: numberCell(csv, row, columns.Open, 'positive'),
    high: numberCell(csv, row, columns.High, 'positive'),
    low: numberCell(csv, row, columns.Low, 'positive'),
    close: numberCell(csv, row, columns.Close, 'positive'),
    adjClose: numberCell(csv, row, columns['Adj Close'], 'positive'),
    volume: numberCell(csv, row, columns.Volume, 'not negative'),
  }));
  requireDistinctDates(csv, columns.Date, rows);
  rows.sort((a, b) => (a.date < b.date ? -1 : 1));
  const prices = table({
    date: rows.map((row) => row.date),
    open: Float64Array.from(rows, (row) => row.open),
    high: Float64Array.from(rows, (row) => row.high),
    low: Float64Array.from(rows, (row) => row.low),
    close: Float64Array.from(rows, (row) => row.close),
    adjClose: Float64Array.from(rows, (row) => row.adjClose),
    volume: Float64Array.from(rows, (row) => row.volume),
  });
  const rowOf = new Map(rows.map(({ date, row }) => [date, row]));
  const warnings = suspiciousPrices(priceRows(prices)).map(({ date, column, problem, fix, absurd }) => {
    const index = columns[columnNames[column]];
    const error = new DataInputError(problem, {
      file,
      line: lineOfCell(rowOf.get(date)!, index),
      column: csv.header.cells[index].trim(),
      fix,
    });
    if (absurd) throw error;
    return error.message;
  });
  return { prices, warnings };
}
