import { createHash } from 'node:crypto';
import type { ColumnTable } from 'arquero';

/** Changes when the meaning of a fingerprint does. */
const VERSION = 'fin-market-1';

/**
 * sha256, in hex, of the rows of named tables. It depends on the values alone: not on column order or number format in
 * the files, line ends, quoting, or the order of rows there. Two markets with one fingerprint give the same samples.
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
