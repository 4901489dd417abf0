import type { HeadlineRows } from './headline-rows.js';

/** Copies of a headline on the same day. */
export interface HeadlineCopies {
  /** Headlines that repeat another of their day to the letter. */
  readonly exact: number;
  /** Headlines that are another of their day but for letter case, punctuation, a wire's mark (`UPDATE 2-`) or the source at the end. */
  readonly nearIdentical: number;
  /** Whether the copies were left out, so that each headline counts once. */
  readonly merged: boolean;
}

const wireMark =
  /^\s*(update|brief|corrected|refile|wrapup|rpt|exclusive|breaking|alert)\b\s*\d*\s*[-:–—]\s*/i;
const sourceAtEnd = /\s+[-|–—]\s+(the\s+)?[\p{Lu}][\p{L}.&']*(\s+[\p{Lu}\d][\p{L}\d.&']*){0,3}\s*$/u;

/** Text that near-identical copies have in common. */
export function copyKey(text: string): string {
  const key = text
    .replace(wireMark, '')
    .replace(sourceAtEnd, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}%$.]+/gu, ' ')
    .replace(/\.(?!\d)/g, '')
    .trim();
  return key === '' ? text : key;
}

/**
 * Counts copies of a headline on one day, and leaves out all but the first when asked.
 *
 * @param rows headlines by day and rank
 */
export function findCopies(
  rows: HeadlineRows,
  deduplicate: boolean,
): { readonly rows: HeadlineRows; readonly copies: HeadlineCopies } {
  const kept: HeadlineRows = { date: [], rank: [], text: [] };
  const texts = new Set<string>();
  const keys = new Set<string>();
  let day = '';
  let exact = 0;
  let nearIdentical = 0;
  for (const [i, date] of rows.date.entries()) {
    if (date !== day) {
      day = date;
      texts.clear();
      keys.clear();
    }
    const text = rows.text[i];
    const key = copyKey(text);
    const copy = texts.has(text) || keys.has(key);
    if (texts.has(text)) exact += 1;
    else if (keys.has(key)) nearIdentical += 1;
    texts.add(text);
    keys.add(key);
    if (copy && deduplicate) continue;
    kept.date.push(date);
    kept.rank.push(rows.rank[i]);
    kept.text.push(text);
  }
  return { rows: kept, copies: { exact, nearIdentical, merged: deduplicate } };
}
