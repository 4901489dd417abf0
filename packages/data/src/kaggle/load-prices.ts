import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import { dateCell, numberCell, requireDistinctDates } from '../csv/cells.js';
import { findColumns, parseCsv } from '../csv/parse-csv.js';
import { readInputFile } from '../csv/read-input-file.js';

/**
 * Daily prices from a CSV file with the columns Date, Open, High, Low, Close, Adj Close and Volume, in any order of
 * columns and days: Kaggle's `upload_DJIA_table.csv`, or a longer series as Yahoo Finance writes it.
 *
 * @returns `date open high low close adjClose volume`, oldest first. Prices in index points, volume in shares.
 * @throws DataInputError that names file, line and fix.
 */
export async function loadPrices(file: string): Promise<ColumnTable> {
  const csv = parseCsv(await readInputFile(file), file);
  const columns = findColumns(csv, ['Date', 'Open', 'High', 'Low', 'Close', 'Volume', 'Adj Close']);
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
  return table({
    date: rows.map((row) => row.date),
    open: Float64Array.from(rows, (row) => row.open),
    high: Float64Array.from(rows, (row) => row.high),
    low: Float64Array.from(rows, (row) => row.low),
    close: Float64Array.from(rows, (row) => row.close),
    adjClose: Float64Array.from(rows, (row) => row.adjClose),
    volume: Float64Array.from(rows, (row) => row.volume),
  });
}
