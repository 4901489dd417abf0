import { ACCENT, DROPPED, IDEOGRAPH, PUNCTUATION, SEPARATOR, SPACE } from './unicode-ranges.js';

/** Settings of BERT's normaliser, named as in `tokenizer.json`. */
export interface NormalizerOptions {
  /** Drop control characters, make every white space a space. */
  readonly cleanText: boolean;
  /** Put spaces around ideographs. */
  readonly handleChineseChars: boolean;
  /** Drop combining marks after canonical decomposition. */
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/** Text of these characters only changes its case: nothing in it is dropped, spaced or decomposed. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * BERT's text normalisation, equal to the Rust `BertNormalizer` for every code point.
 *
 * Used in place of the one in `@huggingface/tokenizers` 0.2, which differs: ideographs beyond U+FFFF are not set apart, a
 * final sigma is lowered by context, and character classes follow the JavaScript engine's Unicode version.
 */
export function normalize(text: string, options: NormalizerOptions): string {
  if (PRINTABLE_ASCII.test(text)) return options.lowercase ? text.toLowerCase() : text;
  let result = text;
  if (options.cleanText || options.handleChineseChars) result = cleanAndSpace(result, options);
  if (options.stripAccents) result = without(result.normalize('NFD'), CodePoint.accent);
  // The reference lowers each character on its own; JavaScript would make a sigma at the end of a word a final one.
  if (options.lowercase) result = result.replaceAll('Σ', 'σ').toLowerCase();
  return result;
}

function cleanAndSpace(text: string, { cleanText, handleChineseChars }: NormalizerOptions): string {
  const classes = codePointClasses();
  let result = '';
  for (const character of text) {
    const bits = classes[character.codePointAt(0)!];
    if (cleanText && bits & CodePoint.dropped) continue;
    if (cleanText && bits & CodePoint.space) result += ' ';
    else if (handleChineseChars && bits & CodePoint.ideograph) result += ` ${character} `;
    else result += character;
  }
  return result;
}

function without(text: string, bit: number): string {
  const classes = codePointClasses();
  let result = '';
  for (const character of text) if (!(classes[character.codePointAt(0)!] & bit)) result += character;
  return result;
}

/** BERT's pre-tokenisation of normalised text: words between white space, each punctuation mark a word of its own. */
export function splitWords(text: string): string[] {
  const classes = codePointClasses();
  const words: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; ) {
    const codePoint = text.codePointAt(i)!;
    const length = codePoint > 0xffff ? 2 : 1;
    const bits = classes[codePoint];
    if (bits & (CodePoint.separator | CodePoint.punctuation)) {
      if (start >= 0) words.push(text.slice(start, i));
      start = -1;
      if (bits & CodePoint.punctuation) words.push(text.slice(i, i + length));
    } else if (start < 0) {
      start = i;
    }
    i += length;
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
}

const CODE_POINTS = 0x110000;
const SURROGATES = [0xd800, 0xe000] as const;

/** Classes of code points for BERT's normaliser and pre-tokeniser. A code point can be in several. */
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
