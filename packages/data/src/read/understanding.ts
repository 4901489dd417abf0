import type { Encoding } from './decode-text.js';

/** A row, or a value, that was left out. */
export interface DroppedValue {
  /** Physical line in the file, from 1. For Parquet and JSON arrays: number of the row. */
  readonly line: number;
  /** Day of the row, YYYY-MM-DD, when it is known. */
  readonly date?: string;
  /** Reason, such as "no close". */
  readonly reason: string;
}

/** Content that was understood of one file. */
export interface FileReport {
  readonly file: string;
  readonly holds: 'prices' | 'headlines' | 'sentences';
  /** Format in words, such as "CSV". */
  readonly format: string;
  /** Null for formats that store characters and not bytes. */
  readonly encoding: Encoding | null;
  /** Header of each column that was used, by what it holds. */
  readonly columns: Readonly<Record<string, string>>;
  /** How dates are written, such as "month-day-year"; null without dates. */
  readonly dates: string | null;
  /** Rows of the file. */
  readonly rows: number;
  /** Rows that were left out. */
  readonly dropped: readonly DroppedValue[];
  /** Decisions that the content did not force, and values that are missing, one sentence each without a final stop. */
  readonly assumptions: readonly string[];
}

/** A {@link FileReport} for the record of a run: the number of rows that were left out in place of their list. */
export type FileRecord = Omit<FileReport, 'dropped'> & { readonly dropped: number };

export const fileRecord = ({ dropped, ...report }: FileReport): FileRecord => ({
  ...report,
  dropped: dropped.length,
});
