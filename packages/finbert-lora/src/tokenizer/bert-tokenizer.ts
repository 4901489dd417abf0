import { createHash } from 'node:crypto';
import { BertInputError } from '../errors.js';
import type { PackedBatch, PaddedBatch } from './batches.js';
import { packSequences, padSequences } from './batches.js';
import type { LibraryTokenizer } from './library.js';
import { createLibraryTokenizer, rememberWords } from './library.js';
import { normalize, splitWords } from './prepare-text.js';
import type { TokenizerOptions, TokenizerSource } from './tokenizer-files.js';
import { sourceFromDir, sourceFromWords } from './tokenizer-files.js';
import { checkVocabulary, readVocabulary } from './vocabulary.js';

/** [CLS] and [SEP]. */
const TOKENS_AROUND_TEXT = 2;

/** Settings of {@link BertTokenizer.encode}. */
export interface EncodeOptions {
  /**
   * Maximum length of a sequence in tokens, [CLS] and [SEP] included. Longer texts are cut off at the end. @default the
   * tokenizer's `maxLength`
   */
  readonly maxLength?: number;
}

/**
 * BERT's WordPiece tokenizer: `[CLS] text [SEP]`, with the ids that transformers' `BertTokenizerFast` gives.
 *
 * Lone surrogates, which UTF-8 cannot represent, are dropped, like U+FFFD.
 *
 * @example
 * const tokenizer = BertTokenizer.fromDir('all-MiniLM-L6-v2');
 * const batch = tokenizer.encodeBatch(['Stocks rally', 'Oil slips as OPEC talks stall'], { maxLength: 64 });
 */
export class BertTokenizer {
  /** Word of each id. */
  readonly vocabulary: readonly string[];
  /** sha256 over the vocabulary and the text preparation: equal digests give equal ids. */
  readonly fingerprint: string;
  /** Default limit of tokens per sequence. */
  readonly maxLength: number;
  readonly padTokenId: number;
  readonly unkTokenId: number;
  readonly clsTokenId: number;
  readonly sepTokenId: number;
  readonly maskTokenId: number;
  readonly #library: LibraryTokenizer;
  readonly #source: TokenizerSource;

  private constructor(source: TokenizerSource) {
    const { words, added, special, normalizer, file } = source;
    checkVocabulary(words, { ...source, lowercase: normalizer.lowercase });
    const library = createLibraryTokenizer(source.definition);
    library.normalizer = (text) => normalize(text, normalizer);
    library.pre_tokenizer = splitWords;
    library.model = rememberWords(library.model);
    this.#library = library;
    this.#source = source;
    this.vocabulary = words;
    this.maxLength = checkMaxLength(source.maxLength);
    this.padTokenId = words.indexOf(special.pad);
    this.unkTokenId = words.indexOf(special.unk);
    this.clsTokenId = words.indexOf(special.cls);
    this.sepTokenId = words.indexOf(special.sep);
    this.maskTokenId = words.indexOf(special.mask);
    this.fingerprint = createHash('sha256')
      .update(JSON.stringify([words, special, normalizer, ...(added.length > 0 ? [added] : [])]))
      .digest('hex');
    const around = library.encode('').ids;
    if (
      around.length !== TOKENS_AROUND_TEXT ||
      around[0] !== this.clsTokenId ||
      around[1] !== this.sepTokenId
    ) {
      throw new BertInputError('does not put one [CLS] before and one [SEP] after a text, as BERT does', {
        file,
      });
    }
  }

  /**
   * Makes a tokenizer from a model's folder: `tokenizer.json`, else `vocab.txt` with `added_tokens.json`. Settings are read from
   * `tokenizer_config.json`. A `config.json` in the folder must agree on the vocabulary's size and the padding id.
   *
   * @throws BertInputError
   */
  static fromDir(dir: string, options: TokenizerOptions = {}): BertTokenizer {
    return new BertTokenizer(sourceFromDir(dir, options));
  }

  /**
   * Makes a tokenizer from a `vocab.txt` with one word per line; the line number (from 0) is the word's id. @throws
   * BertInputError
   */
  static fromVocabFile(file: string, options: TokenizerOptions = {}): BertTokenizer {
    return new BertTokenizer(sourceFromWords(readVocabulary(file), options, { file }));
  }

  /** Makes a tokenizer from words in the order of their ids, such as the result of `buildVocabulary`. @throws BertInputError */
  static fromVocab(words: readonly string[], options: TokenizerOptions = {}): BertTokenizer {
    return new BertTokenizer(sourceFromWords(words, options));
  }

  /** Makes a tokenizer from the `source` of another. */
  static fromSource(source: TokenizerSource): BertTokenizer {
    return new BertTokenizer(source);
  }

  /** Everything that this tokenizer is made from, as plain data, such as for another thread. */
  get source(): TokenizerSource {
    return this.#source;
  }

  get vocabSize(): number {
    return this.vocabulary.length;
  }

  /** Token ids of one text, `[CLS]` and `[SEP]` included. */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    const maxLength = checkMaxLength(options.maxLength ?? this.maxLength);
    const ids = Int32Array.from(this.#library.encode(text).ids);
    if (ids.length <= maxLength) return ids;
    const kept = ids.slice(0, maxLength);
    kept[maxLength - 1] = this.sepTokenId;
    return kept;
  }

  /** Token ids of texts, one after the other, without padding. */
  encodeBatch(texts: readonly string[], options: EncodeOptions = {}): PackedBatch {
    return packSequences(texts.map((text) => this.encode(text, options)));
  }

  /** Token ids of texts padded to the longest, as PyTorch pipelines do it. Slower to compute on than `encodeBatch`. */
  encodePadded(texts: readonly string[], options: EncodeOptions = {}): PaddedBatch {
    const sequences = texts.map((text) => this.encode(text, options));
    return padSequences(sequences, this.padTokenId);
  }

  /** Word pieces of one text, `[CLS]` and `[SEP]` included, without a limit of length. */
  tokenize(text: string): string[] {
    return Array.from(this.#library.encode(text).ids, (id) => this.vocabulary[id]);
  }

  /** Contents of the files for this tokenizer, readable by transformers' `from_pretrained` and {@link fromDir}. */
  files(): { 'vocab.txt': string; 'tokenizer_config.json': string; 'added_tokens.json'?: string } {
    const { added, normalizer, special } = this.#source;
    const words = this.vocabulary.slice(0, this.vocabulary.length - added.length);
    const addedIds = Object.fromEntries(added.map(({ content, id }) => [content, id]));
    const config = {
      tokenizer_class: 'BertTokenizer',
      do_lower_case: normalizer.lowercase,
      strip_accents: normalizer.stripAccents,
      tokenize_chinese_chars: normalizer.handleChineseChars,
      model_max_length: this.maxLength,
      ...Object.fromEntries(Object.entries(special).map(([role, token]) => [`${role}_token`, token])),
    };
    return {
      'vocab.txt': words.map((word) => `${word}\n`).join(''),
      'tokenizer_config.json': `${JSON.stringify(config, null, 2)}\n`,
      ...(added.length > 0 && { 'added_tokens.json': `${JSON.stringify(addedIds, null, 2)}\n` }),
    };
  }
}

function checkMaxLength(maxLength: number): number {
  if (Number.isInteger(maxLength) && maxLength >= TOKENS_AROUND_TEXT) return maxLength;
  throw new BertInputError(
    `maxLength is ${maxLength}; it counts [CLS] and [SEP], so it must be a whole number from ${TOKENS_AROUND_TEXT} up`,
  );
}
