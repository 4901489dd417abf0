import type { ColumnTable } from 'arquero';

/** Numbers of a column, in the table's order. */
export function numbers(table: ColumnTable, column: string): Float64Array {
  return Float64Array.from(table.array(column) as ArrayLike<number>);
}

/** Strings of a column, in the table's order. */
export function strings(table: ColumnTable, column: string): string[] {
  return Array.from(table.array(column) as ArrayLike<string>);
}

/** A price table as plain arrays, oldest first. */
export interface PriceRows {
  readonly dates: readonly string[];
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly adjClose: Float64Array;
  readonly volume: Float64Array;
}

export function priceRows(prices: ColumnTable): PriceRows {
  return {
    dates: strings(prices, 'date'),
    open: numbers(prices, 'open'),
    high: numbers(prices, 'high'),
    low: numbers(prices, 'low'),
    close: numbers(prices, 'close'),
    adjClose: numbers(prices, 'adjClose'),
    volume: numbers(prices, 'volume'),
  };
}
