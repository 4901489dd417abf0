import { DataInputError } from '../errors.js';
import type { CsvFile } from './parse-csv.js';

/** `Adj Close`, `adj_close` and `AdjClose` are one name. */
function normalize(name: string): string {
  return name.toLowerCase().replace(/[\s_]+/g, '');
}

/** Position of each of the columns asked for. Order, letter case, spaces and further columns do not matter. */
export function findColumns<Name extends string>(csv: CsvFile, names: readonly Name[]): Record<Name, number> {
  const header = csv.header.cells.map(normalize);
  const place = { file: csv.file, line: csv.header.line };
  const found = {} as Record<Name, number>;
  for (const name of names) {
    const index = header.indexOf(normalize(name));
    if (index < 0) {
      const shown = csv.header.cells.slice(0, 12).map((cell) => cell.trim());
      throw new DataInputError(`there is no column "${name}"`, {
        ...place,
        column: name,
        fix: `The first line must name the columns, ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}; this one has: ${shown.join(', ').slice(0, 200)}${csv.header.cells.length > 12 ? ', …' : ''}`,
      });
    }
    if (header.indexOf(normalize(name), index + 1) >= 0) {
      throw new DataInputError(`there are two columns "${name}"`, {
        ...place,
        column: name,
        fix: 'Remove or rename one of them.',
      });
    }
    found[name] = index;
  }
  return found;
}
