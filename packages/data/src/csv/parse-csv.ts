import { CsvError, parse } from 'csv-parse/sync';
import { DataInputError, quote } from '../errors.js';
import { lineCounter, requireUtf8 } from './require-utf8.js';

/** One row of a CSV file. */
export interface CsvRow {
  /** Physical line on which the row starts, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A parsed CSV file: commas, RFC 4180 quoting, any line ends. */
export interface CsvFile {
  /** Path as the caller gave it. */
  readonly file: string;
  readonly header: CsvRow;
  /** At least one row, without blank lines. Every row is as long as the header. */
  readonly rows: readonly CsvRow[];
}

/** Parses the bytes of a CSV file. Throws {@link DataInputError} with the line of the first error. */
export function parseCsv(bytes: Buffer, file: string): CsvFile {
  const rows = parseRows(requireUtf8(bytes, file), file);
  const header = rows.shift();
  if (!header) {
    throw new DataInputError('holds only blank lines', { file, line: 1, fix: 'Download or write it again.' });
  }
  requireCommas(header, file);
  if (rows.length === 0) {
    throw new DataInputError('holds a header and no rows', {
      file,
      line: header.line,
      fix: 'Download or write it again.',
    });
  }
  const last = rows[rows.length - 1];
  for (const row of rows) {
    if (row.cells.length === header.cells.length) continue;
    const cutShort = row === last && row.cells.length < header.cells.length;
    throw new DataInputError(
      `the row has ${row.cells.length} cells where the header has ${header.cells.length}${cutShort ? ' and is the last one: the file seems to be cut short' : ''}`,
      {
        file,
        line: row.line,
        fix: cutShort
          ? 'Download or copy the file again.'
          : 'Quote cells that hold commas, and give every row each of its cells.',
      },
    );
  }
  return { file, header, rows };
}

/** Physical line on which a cell starts; rows whose cells hold newlines span several. */
export function lineOfCell(row: CsvRow, index: number): number {
  return row.cells
    .slice(0, index)
    .reduce((line, cell) => line + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), row.line);
}

/** Counts lines from byte offsets, because csv-parse's own line numbers count CRLF twice. */
function parseRows(bytes: Buffer, file: string): CsvRow[] {
  const rows: CsvRow[] = [];
  const lineAt = lineCounter(bytes);
  let line = 1;
  try {
    parse(bytes, {
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (record: string[], info) => {
        if (record.length > 1 || record[0].trim() !== '') rows.push({ line, cells: record });
        line = lineAt(info.bytes);
        return null;
      },
    });
  } catch (cause) {
    throw cause instanceof CsvError ? quotingError(cause, file, line) : cause;
  }
  return rows;
}

function quotingError(cause: CsvError, file: string, line: number): DataInputError {
  if (cause.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new DataInputError(
      'the row that starts here has a quoted cell that never ends: the file seems to be cut short',
      {
        file,
        line,
        fix: 'Download or copy the file again; a quote inside a quoted cell must be doubled.',
        cause,
      },
    );
  }
  return new DataInputError('the row that starts here has a quote in the wrong place', {
    file,
    line,
    fix: 'Put the whole cell in quotes and double each quote inside it.',
    cause,
  });
}

function requireCommas(header: CsvRow, file: string): void {
  if (header.cells.length > 1) return;
  const other = [';', '\t', '|'].find((separator) => header.cells[0].includes(separator));
  if (other === undefined) return;
  const name = { ';': 'semicolons', '\t': 'tabs', '|': 'bars' }[other];
  throw new DataInputError(`its cells seem to be separated by ${name}`, {
    file,
    line: header.line,
    fix: 'Save it with commas between cells.',
  });
}

/** Treats `Adj Close`, `adj_close` and `AdjClose` as one name. */
function normalize(name: string): string {
  return name.toLowerCase().replace(/[\s_]+/g, '');
}

/** Finds the position of each named column. Order, letter case, spaces and further columns do not matter. */
export function findColumns<Name extends string>(csv: CsvFile, names: readonly Name[]): Record<Name, number> {
  const header = csv.header.cells.map(normalize);
  const place = { file: csv.file, line: csv.header.line };
  const found = {} as Record<Name, number>;
  for (const name of names) {
    const index = header.indexOf(normalize(name));
    if (index < 0) {
      const shown = csv.header.cells.slice(0, 12).map((cell) => quote(cell.trim()).slice(1, -1));
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
