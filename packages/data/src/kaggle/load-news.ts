import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import type { CleaningCounts } from '../clean/clean-headline.js';
import { cleanHeadline } from '../clean/clean-headline.js';
import { dateCell, requireDistinctDates } from '../csv/cells.js';
import type { CsvFile, CsvRow } from '../csv/parse-csv.js';
import { findColumns, lineOfCell, parseCsv } from '../csv/parse-csv.js';
import { readInputFile } from '../csv/read-input-file.js';
import { DataInputError, quote } from '../errors.js';

/** Result of {@link loadNews}. */
export interface News {
  /** `date rank text`, by date and rank. Empty cells have no row, so the missing ranks of a day are its empty cells. */
  readonly headlines: ColumnTable;
  /** `date label`, oldest first. */
  readonly labels: ColumnTable;
  readonly cleaning: CleaningCounts;
}

/**
 * Loads headlines and labels from Kaggle's `Combined_News_DJIA.csv`: Date, Label, Top1 … Top25 (or up to any other TopN).
 *
 * @throws DataInputError that names file, line and fix.
 */
export async function loadNews(file: string): Promise<News> {
  const csv = parseCsv(await readInputFile(file), file);
  const ranks = Array.from({ length: highestRank(csv) }, (_, i) => i + 1);
  const columns: Record<string, number> = findColumns(csv, [
    'Date',
    'Label',
    ...ranks.map((rank) => `Top${rank}`),
  ]);
  const days = csv.rows.map((row) => ({
    row,
    date: dateCell(csv, row, columns.Date),
    label: labelCell(csv, row, columns.Label),
  }));
  requireDistinctDates(csv, columns.Date, days);
  days.sort((a, b) => (a.date < b.date ? -1 : 1));

  const cleaning: CleaningCounts = { bytesLiteral: 0, htmlEntities: 0, whiteSpace: 0 };
  const headlines = { date: [] as string[], rank: [] as number[], text: [] as string[] };
  for (const { date, row } of days) {
    for (const rank of ranks) {
      const text = cleanHeadline(row.cells[columns[`Top${rank}`]], cleaning);
      if (text === '') continue;
      headlines.date.push(date);
      headlines.rank.push(rank);
      headlines.text.push(text);
    }
  }
  return {
    headlines: table(headlines),
    labels: table({ date: days.map(({ date }) => date), label: days.map(({ label }) => label) }),
    cleaning,
  };
}

function highestRank(csv: CsvFile): number {
  const ranks = csv.header.cells.map((name) => Number(/^\s*top\s*(\d{1,4})\s*$/i.exec(name)?.[1] ?? 0));
  return Math.max(1, ...ranks);
}

function labelCell(csv: CsvFile, row: CsvRow, index: number): 0 | 1 {
  const text = row.cells[index].trim();
  if (text === '0' || text === '1') return text === '1' ? 1 : 0;
  throw new DataInputError(`${quote(text)} is not a label`, {
    file: csv.file,
    line: lineOfCell(row, index),
    column: csv.header.cells[index].trim(),
    fix: 'Labels are 1 (the close rose or stayed the same) or 0.',
  });
}
