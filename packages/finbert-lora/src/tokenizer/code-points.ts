import { ACCENT, DROPPED, IDEOGRAPH, PUNCTUATION, SEPARATOR, SPACE } from './unicode-ranges.js';

const CODE_POINTS = 0x110000;
const SURROGATES = [0xd800, 0xe000] as const;

/** What a code point is to BERT's normaliser and pre-tokeniser; one code point can be several things. */
export const CodePoint = {
  dropped: 1,
  space: 2,
  accent: 4,
  ideograph: 8,
  punctuation: 16,
  separator: 32,
} as const;

let table: Uint8Array | undefined;

/** The classes of every code point, as bits of {@link CodePoint}; built on first use (about 1 MB). */
export function codePointClasses(): Uint8Array {
  if (table) return table;
  table = new Uint8Array(CODE_POINTS);
  mark(table, DROPPED, CodePoint.dropped);
  mark(table, SPACE, CodePoint.space);
  mark(table, ACCENT, CodePoint.accent);
  mark(table, IDEOGRAPH, CodePoint.ideograph);
  mark(table, PUNCTUATION, CodePoint.punctuation);
  mark(table, SEPARATOR, CodePoint.separator);
  // A lone surrogate cannot reach the reference: whoever writes UTF-8 makes it U+FFFD, which is dropped.
  table.fill(CodePoint.dropped, ...SURROGATES);
  return table;
}

function mark(classes: Uint8Array, ranges: string, bit: number): void {
  let at = 0;
  for (const range of ranges.split(' ')) {
    const [gap, length] = range.split('.').map((digits) => Number.parseInt(digits, 36));
    at += gap;
    for (const end = at + length; at < end; at++) classes[at] |= bit;
  }
}
