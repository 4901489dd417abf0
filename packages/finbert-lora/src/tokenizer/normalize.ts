import { CodePoint, codePointClasses } from './code-points.js';

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

/** Nothing here is dropped, spaced or decomposed, so only the case can change. */
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
