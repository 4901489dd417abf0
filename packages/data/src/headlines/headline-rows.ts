import type { CleaningCounts } from '../clean/clean-headline.js';
import { cleanHeadline } from '../clean/clean-headline.js';
import { hasMojibake } from '../read/decode-text.js';
import type { NamedColumns } from '../read/find-columns.js';
import type { FileReport } from '../read/understanding.js';

/** Headlines while they are read: one entry per headline, in the order of the files. */
export interface HeadlineRows {
  readonly date: string[];
  readonly rank: number[];
  readonly text: string[];
}

/** What a caller knows of files of headlines that the files leave open. */
export interface HeadlineFileOptions {
  /** Names of columns: time, timeOfDay (where it has a column of its own), text, source, ticker, url, rank. @default found by name */
  readonly columns?: NamedColumns;
  /** Order of the parts of a date, such as DD/MM/YYYY. @default found from the column */
  readonly dateFormat?: string;
  /** Zone of times that name none, such as Europe/London. @default America/New_York */
  readonly timeZone?: string;
  /** Ticker whose headlines to keep, where the file has them. @default those of all tickers */
  readonly ticker?: string;
  /** Whether to leave out copies of a headline on the same day. @default false */
  readonly deduplicate?: boolean;
}

/** Days that headlines were placed on, by the close of the exchange. */
export interface HeadlinePlacement {
  /** Headlines published before the close in New York (16:00; 13:00 on half days), known on that day. */
  readonly beforeClose: number;
  /** Headlines published at the close or later, known on the next trading day. */
  readonly afterClose: number;
  /** Those of `afterClose` that were published before 16:00, on a half day. */
  readonly afterEarlyClose: number;
  /** Headlines with a date alone, known after the close of that day. */
  readonly withoutTime: number;
}

/** Headlines of one file. */
export interface ReadHeadlines extends Pick<FileReport, 'columns' | 'dropped' | 'assumptions' | 'dates'> {
  readonly rows: HeadlineRows;
  readonly labels: readonly { readonly date: string; readonly label: number }[];
  readonly times: HeadlinePlacement;
}

/** Counts of what the texts of headlines were. */
export interface HeadlineCounts extends CleaningCounts {
  /** Cells that are empty, or hold `nan`, `None`, `null` or `b''` alone: absent headlines. */
  absent: number;
  /** Headlines with characters that a wrong decoding leaves, such as `â€™`. */
  mojibake: number;
}

export const noCounts = (): HeadlineCounts => ({
  bytesLiteral: 0,
  htmlEntities: 0,
  whiteSpace: 0,
  absent: 0,
  mojibake: 0,
});

const absentText = /^(nan|none|null|n\/?a|<na>)$/i;

/** Cleans the text of a cell; null for an absent headline. */
export function headlineText(cell: string, counts: HeadlineCounts): string | null {
  const text = cleanHeadline(cell, counts);
  if (text === '' || absentText.test(text)) {
    counts.absent += 1;
    return null;
  }
  if (hasMojibake(text)) counts.mojibake += 1;
  return text;
}
