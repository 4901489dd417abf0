import type { CleaningCounts } from '../clean/clean-headline.js';
import { cleanHeadline } from '../clean/clean-headline.js';
import { hasMojibake } from '../read/decode-text.js';

/** Headlines while they are read: one entry per headline, in the order of the files. */
export interface HeadlineRows {
  readonly date: string[];
  readonly rank: number[];
  readonly text: string[];
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
