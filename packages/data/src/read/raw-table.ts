import type { DataInputErrorDetails } from '../errors.js';
import { DataInputError } from '../errors.js';
import type { Encoding } from './decode-text.js';

/** One row of a file. */
export interface RawRow {
  /** Physical line on which the row starts, from 1. For Parquet and JSON arrays: number of the row. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Rows of a file as text, before columns are understood. Every row is as long as the header. */
export interface RawTable {
  /** Path as the caller gave it. */
  readonly file: string;
  /** Format in words, such as "CSV" or "text, cells separated by semicolons". */
  readonly format: string;
  /** Null for formats that store characters and not bytes. */
  readonly encoding: Encoding | null;
  readonly header: RawRow;
  readonly rows: readonly RawRow[];
  /** Whether the format writes numbers in one known way, as JSON and Parquet do. */
  readonly plainNumbers: boolean;
}

/** Physical line on which a cell starts; rows whose cells hold newlines span several. */
export function lineOfCell(row: RawRow, index: number): number {
  return row.cells
    .slice(0, index)
    .reduce((line, cell) => line + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), row.line);
}

/** Makes an error about one cell. The message names file, line and column. */
export function cellError(
  table: RawTable,
  row: RawRow,
  index: number,
  problem: string,
  fix: string,
): DataInputError {
  return new DataInputError(problem, {
    file: table.file,
    line: lineOfCell(row, index),
    column: table.header.cells[index].trim(),
    fix,
  });
}

/** Makes an error about a whole column. The message names file, header line and column. */
export function columnError(table: RawTable, index: number, problem: string, fix: string): DataInputError {
  const place: DataInputErrorDetails = {
    file: table.file,
    line: table.header.line,
    column: table.header.cells[index].trim(),
    fix,
  };
  return new DataInputError(problem, place);
}
