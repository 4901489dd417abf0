import { BertInputError } from '../errors.js';
import { normalize, splitWords } from './prepare-text.js';
import { BERT_SPECIAL_TOKENS } from './vocabulary.js';

/** Settings of {@link buildVocabulary}. */
export interface BuildVocabularyOptions {
  /** Maximum number of entries, the five special tokens included. */
  readonly size: number;
  /** Rarer words and characters get no entry. @default 2 */
  readonly minFrequency?: number;
  /** Lowercase and strip accents first; give the tokenizer the same setting. @default true */
  readonly lowercase?: boolean;
}

/**
 * Makes a small vocabulary for a small encoder from its training texts. Use training texts only: words of later days would leak
 * the future.
 *
 * This is not WordPiece training, but whole words with a fallback to characters. The special tokens come first. Then follows each
 * character as a word and as a continuation (`##x`), the most common first, in at most half of the remaining entries. Then follow
 * whole words, the most common first. A word without an entry is split into characters, and only an unknown character becomes
 * `[UNK]`. The same texts give the same list in any order.
 *
 * @throws BertInputError when `size` leaves no room for anything but the special tokens
 */
export function buildVocabulary(texts: Iterable<string>, options: BuildVocabularyOptions): string[] {
  const { size, minFrequency = 2, lowercase = true } = options;
  const special = [
    BERT_SPECIAL_TOKENS.pad,
    BERT_SPECIAL_TOKENS.unk,
    BERT_SPECIAL_TOKENS.cls,
    BERT_SPECIAL_TOKENS.sep,
    BERT_SPECIAL_TOKENS.mask,
  ];
  if (!Number.isInteger(size) || size <= special.length) {
    throw new BertInputError(
      `size is ${size}; a vocabulary needs more than its ${special.length} special tokens`,
    );
  }
  const normalizer = { cleanText: true, handleChineseChars: true, stripAccents: lowercase, lowercase };
  const words = new Map<string, number>();
  const characters = new Map<string, number>();
  for (const text of texts) {
    for (const word of splitWords(normalize(text, normalizer))) {
      words.set(word, (words.get(word) ?? 0) + 1);
      for (const character of word) characters.set(character, (characters.get(character) ?? 0) + 1);
    }
  }
  const room = size - special.length;
  const pieces = commonest(characters, minFrequency).flatMap((character) => [character, `##${character}`]);
  const vocabulary = new Set([...special, ...pieces.slice(0, 2 * Math.floor(room / 4))]);
  for (const word of commonest(words, minFrequency)) {
    if (vocabulary.size >= size) break;
    vocabulary.add(word);
  }
  return [...vocabulary].slice(0, size);
}

/** Entries that occur at least `minFrequency` times, the most common first; ties are sorted by code unit. */
function commonest(counts: ReadonlyMap<string, number>, minFrequency: number): string[] {
  return [...counts]
    .filter(([, count]) => count >= minFrequency)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([entry]) => entry);
}
