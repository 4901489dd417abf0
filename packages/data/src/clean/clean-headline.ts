import { collapseWhiteSpace } from './collapse-white-space.js';
import { decodeBytesLiteral } from './decode-bytes-literal.js';
import { decodeEntities } from './decode-entities.js';

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
