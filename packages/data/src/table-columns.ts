import type { ColumnTable } from 'arquero';

/** A column's numbers, in the table's own order. */
export function numbers(table: ColumnTable, column: string): Float64Array {
  return Float64Array.from(table.array(column) as ArrayLike<number>);
}

/** A column's strings, in the table's own order. */
export function strings(table: ColumnTable, column: string): string[] {
  return Array.from(table.array(column) as ArrayLike<string>);
}
