import { decode } from 'html-entities';
import { decodeBytesLiteral } from './decode-bytes-literal.js';

/** How many non-empty cells each step of the cleaning changed. */
export interface CleaningCounts {
  /** Cells that were Python bytes literals. */
  bytesLiteral: number;
  /** Cells with HTML entities. */
  htmlEntities: number;
  /** Cells with newlines, tabs, control characters, runs of spaces or outer white space. */
  whiteSpace: number;
}

const steps: readonly (readonly [keyof CleaningCounts, (text: string) => string])[] = [
  ['bytesLiteral', decodeBytesLiteral],
  ['htmlEntities', decodeEntities],
  ['whiteSpace', collapseWhiteSpace],
];

/**
 * A cell of the news file to the headline it stands for. This is all the cleaning there is:
 *
 * ```
 * cell ── Python bytes literal decoded ── HTML entities decoded ── white space collapsed and trimmed ── text
 * ```
 *
 * Letter case, punctuation and words stay as published.
 *
 * @param counts When given, each step that changes the text adds one to its count.
 */
export function cleanHeadline(cell: string, counts?: CleaningCounts): string {
  let text = cell;
  for (const [name, step] of steps) {
    const next = step(text);
    if (counts && next !== text) counts[name] += 1;
    text = next;
  }
  return text;
}

/**
 * HTML entities to the characters they name: `&gt;` to `>`. Repeated until nothing changes, because some headlines were
 * escaped twice (`&amp;rsquo;`). Only what ends in a semicolon counts, so that `AT&T` and `?a=1&para=2` stay.
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  const decoded = decode(text, { scope: 'strict' });
  return decoded === text ? text : decodeEntities(decoded);
}

/** Every run of white space and control characters (newlines, tabs, no-break spaces) to one space; none at the ends. */
export function collapseWhiteSpace(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
