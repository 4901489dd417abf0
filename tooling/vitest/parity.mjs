import { readFileSync } from 'node:fs';

/** Rows of the tables of `docs/parity.md`, by heading. Cells are text, without the backticks around them. */
export function parityTables() {
  const page = readFileSync(new URL('../../docs/parity.md', import.meta.url), 'utf8');
  const tables = {};
  for (const section of page.split(/^## /m).slice(1)) {
    const rows = section.split('\n').filter((line) => line.startsWith('| '));
    const cells = rows.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    tables[section.split('\n')[0]] = cells.slice(2).map((row) => row.map((cell) => cell.replaceAll('`', '')));
  }
  return tables;
}

export function parity(name) {
  const row = parityTables().Close.find(([id]) => id === name);
  if (row === undefined) throw new Error(`docs/parity.md has no row ${name}`);
  const [rtol, atol] = [Number(row[3]), Number(row[4])];
  if (!(rtol >= 0 && atol >= 0))
    throw new Error(`docs/parity.md, row ${name}: not two numbers: ${row[3]}, ${row[4]}`);
  return { rtol, atol };
}
