import { decode } from 'html-entities';
import { decodeBytesLiteral } from './decode-bytes-literal.js';

/** Number of non-empty cells that each cleaning step changed. */
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
 * Cleans a cell of the news file, in these steps and no others:
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
 * Decodes HTML entities: `&gt;` becomes `>`. Repeats until nothing changes, because some headlines were escaped twice
 * (`&amp;rsquo;`). Only an entity with its semicolon counts, so `AT&T` and `?a=1&para=2` stay.
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  const decoded = decode(text, { scope: 'strict' });
  return decoded === text ? text : decodeEntities(decoded);
}

/** Collapses each run of white space and control characters to one space, and trims the ends. */
export function collapseWhiteSpace(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
