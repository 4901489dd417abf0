import { DataInputError, quote } from '../errors.js';
import { normalizeName } from '../read/find-columns.js';
import type { RawRow, RawTable } from '../read/raw-table.js';

/**
 * Turns the three header lines of `yf.download(...).to_csv()` into one: the line of prices (`Close`, `High`, …), the line of tickers,
 * and the line that names the index. Returns other tables unchanged.
 *
 * @param ticker the ticker to keep when there are several
 */
export function joinHeaderLines(table: RawTable, ticker?: string): RawTable {
  const [second, third] = table.rows;
  const names = [table.header, second].map((row) => normalizeName(row?.cells[0] ?? ''));
  const isIndexLine = third?.cells.slice(1).every((cell) => cell.trim() === '');
  const tickersAt = names[1] === 'ticker' ? 1 : names[0] === 'ticker' ? 0 : -1;
  const hasPrices = names.includes('price') || names.includes('');
  if (tickersAt < 0 || !isIndexLine || !hasPrices) return table;
  const [tickers, prices] = tickersAt === 1 ? [second, table.header] : [table.header, second];
  const found = [...new Set(tickers.cells.slice(1).map((cell) => cell.trim()))].filter((cell) => cell !== '');
  const chosen = chooseTicker(table.file, tickers.line, found, ticker);
  const kept = tickers.cells.flatMap((cell, i) => (i === 0 || cell.trim() === chosen ? [i] : []));
  const pick = ({ line, cells }: RawRow): RawRow => ({ line, cells: kept.map((i) => cells[i]) });
  const index = third.cells[0].trim();
  return {
    ...table,
    header: { line: prices.line, cells: [index === '' ? 'Date' : index, ...pick(prices).cells.slice(1)] },
    rows: table.rows.slice(2).map(pick),
  };
}

/** Keeps the rows of one ticker. @param index column of the tickers */
export function rowsOfTicker(table: RawTable, index: number, ticker?: string): RawTable {
  const found = [...new Set(table.rows.map(({ cells }) => cells[index].trim()))].filter(
    (cell) => cell !== '',
  );
  const chosen = chooseTicker(table.file, table.header.line, found, ticker);
  return { ...table, rows: table.rows.filter(({ cells }) => cells[index].trim() === chosen) };
}

function chooseTicker(file: string, line: number, found: readonly string[], ticker?: string): string {
  const shown = `${found
    .slice(0, 8)
    .map((name) => quote(name))
    .join(', ')}${found.length > 8 ? ', …' : ''}`;
  const chosen =
    ticker === undefined ? found : found.filter((name) => name.toLowerCase() === ticker.toLowerCase());
  if (chosen.length === 1) return chosen[0];
  if (ticker !== undefined && chosen.length === 0) {
    throw new DataInputError(`holds no ticker ${quote(ticker)}`, { file, line, fix: `It holds ${shown}.` });
  }
  throw new DataInputError(`holds ${found.length} tickers: ${shown}`, {
    file,
    line,
    fix: 'Choose one with --ticker.',
  });
}
