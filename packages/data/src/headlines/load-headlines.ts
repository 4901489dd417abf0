import type { ColumnTable } from 'arquero';
import { table as makeTable } from 'arquero';
import { DataInputError } from '../errors.js';
import { readTable } from '../read/read-table.js';
import type { FileReport } from '../read/understanding.js';
import type { HeadlineCopies } from './copies.js';
import { findCopies } from './copies.js';
import type {
  HeadlineCounts,
  HeadlineFileOptions,
  HeadlinePlacement,
  HeadlineRows,
  ReadHeadlines,
} from './headline-rows.js';
import { noCounts } from './headline-rows.js';
import { longHeadlines } from './long-headlines.js';
import { isWide, wideHeadlines } from './wide-headlines.js';

/** Result of {@link loadHeadlines}. */
export interface LoadedHeadlines {
  /** `date rank text`, by date and rank. Absent headlines have no row. */
  readonly headlines: ColumnTable;
  /** `date label`, oldest first; without rows when the files have no labels. */
  readonly labels: ColumnTable;
  /** Counts of the cells that cleaning changed, of absent headlines and of wrongly decoded ones. */
  readonly cleaning: HeadlineCounts;
  readonly placement: HeadlinePlacement;
  readonly copies: HeadlineCopies;
  /** Whether a file has one row per day, so that an empty cell is a rank without a headline. */
  readonly ranked: boolean;
  /** Content that was understood, left out and assumed, by file. */
  readonly reports: readonly FileReport[];
}

/**
 * Loads headlines from one or several files: Kaggle's form (one row per day: Date, perhaps Label, Top1 … Top25), or one row per headline
 * (a date or timestamp, and a text), as CSV, TSV, JSON Lines or Parquet.
 *
 * @throws DataInputError that names file, line and fix.
 */
export async function loadHeadlines(
  files: string | readonly string[],
  options: HeadlineFileOptions = {},
): Promise<LoadedHeadlines> {
  const cleaning = noCounts();
  const read: ReadHeadlines[] = [];
  const reports: FileReport[] = [];
  let ranked = false;
  for (const file of [files].flat()) {
    const table = await readTable(file);
    const wide = isWide(table);
    const one = (wide ? wideHeadlines : longHeadlines)(table, options, cleaning);
    ranked ||= wide;
    read.push(one);
    const { columns, dates, dropped, assumptions } = one;
    const { format, encoding, rows } = table;
    reports.push({
      file,
      holds: 'headlines',
      format,
      encoding,
      columns,
      dates,
      rows: rows.length,
      dropped,
      assumptions,
    });
  }
  const { rows, copies } = findCopies(inOrder(read), options.deduplicate ?? false);
  const labels = mergeLabels(read, reports);
  return {
    headlines: makeTable({ ...rows }),
    labels: makeTable({ date: labels.map(([date]) => date), label: labels.map(([, label]) => label) }),
    cleaning,
    placement: {
      beforeClose: sum(read, ({ times }) => times.beforeClose),
      afterClose: sum(read, ({ times }) => times.afterClose),
      afterEarlyClose: sum(read, ({ times }) => times.afterEarlyClose),
      withoutTime: sum(read, ({ times }) => times.withoutTime),
    },
    copies,
    ranked,
    reports,
  };
}

const sum = (read: readonly ReadHeadlines[], count: (one: ReadHeadlines) => number): number =>
  read.reduce((total, one) => total + count(one), 0);

/** The headlines of all files by day, then file, then rank. */
function inOrder(read: readonly ReadHeadlines[]): HeadlineRows {
  const all = read.flatMap(({ rows }, file) =>
    rows.date.map((date, i) => ({ date, file, rank: rows.rank[i], text: rows.text[i] })),
  );
  all.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.file - b.file || a.rank - b.rank));
  const ordered: HeadlineRows = { date: [], rank: [], text: [] };
  let above = 0;
  for (const [i, { date, file, rank, text }] of all.entries()) {
    const before = all[i - 1];
    if (before?.date !== date) above = 0;
    else if (before.file !== file) above = ordered.rank[i - 1];
    ordered.date.push(date);
    ordered.rank.push(above + rank);
    ordered.text.push(text);
  }
  return ordered;
}

function mergeLabels(read: readonly ReadHeadlines[], reports: readonly FileReport[]): [string, number][] {
  const labels = new Map<string, number>();
  for (const [i, one] of read.entries()) {
    for (const { date, label } of one.labels) {
      if ((labels.get(date) ?? label) !== label) {
        throw new DataInputError(`has another label of ${date} than the files before`, {
          file: reports[i].file,
          fix: 'Correct one of the two files.',
        });
      }
      labels.set(date, label);
    }
  }
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}
