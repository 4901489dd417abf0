import { createHash } from 'node:crypto';
import { BertInputError } from '../errors.js';
import { checkVocabulary } from './check-vocabulary.js';
import type { LibraryTokenizer } from './library.js';
import { createLibraryTokenizer } from './library.js';
import { normalize } from './normalize.js';
import type { PackedBatch } from './packed-batch.js';
import { packSequences } from './packed-batch.js';
import type { PaddedBatch } from './padded-batch.js';
import { padSequences } from './padded-batch.js';
import { readVocabulary } from './read-vocabulary.js';
import { rememberWords } from './remember-words.js';
import { splitWords } from './split-words.js';
import type { TokenizerOptions, TokenizerSource } from './tokenizer-source.js';
import { sourceFromDir, sourceFromWords } from './tokenizer-source.js';

/** [CLS] and [SEP]. */
const TOKENS_AROUND_TEXT = 2;

/** Settings of one call. */
export interface EncodeOptions {
  /** Most tokens of one sequence, [CLS] and [SEP] included; longer texts lose their end. @default the tokenizer's `maxLength` */
  readonly maxLength?: number;
}

/**
 * BERT's WordPiece tokenizer: `[CLS] text [SEP]`, with the ids that transformers' `BertTokenizerFast` gives.
 *
 * A lone surrogate, which UTF-8 cannot carry, counts as U+FFFD and is dropped.
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
  /** Most tokens of a sequence when a call does not say otherwise. */
  readonly maxLength: number;
  readonly padTokenId: number;
  readonly unkTokenId: number;
  readonly clsTokenId: number;
  readonly sepTokenId: number;
  readonly maskTokenId: number;
  readonly #library: LibraryTokenizer;
  readonly #source: TokenizerSource;

  private constructor(source: TokenizerSource) {
    const { words, special, normalizer, file } = source;
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
      .update(JSON.stringify([words, special, normalizer]))
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
   * From the folder of a published model: `tokenizer.json`, else `vocab.txt`, with `tokenizer_config.json` where there is
   * one. A `config.json` in the folder must agree on the vocabulary's size and the padding id.
   *
   * @throws BertInputError
   */
  static fromDir(dir: string, options: TokenizerOptions = {}): BertTokenizer {
    return new BertTokenizer(sourceFromDir(dir, options));
  }

  /** From a `vocab.txt`: one word per line, the line number (from 0) being its id. @throws BertInputError */
  static fromVocabFile(file: string, options: TokenizerOptions = {}): BertTokenizer {
    return new BertTokenizer(sourceFromWords(readVocabulary(file), options, { file }));
  }

  /** From the words in the order of their ids, such as `buildVocabulary` gives. @throws BertInputError */
  static fromVocab(words: readonly string[], options: TokenizerOptions = {}): BertTokenizer {
    return new BertTokenizer(sourceFromWords(words, options));
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

  /** Token ids of texts laid end to end, without padding. */
  encodeBatch(texts: readonly string[], options: EncodeOptions = {}): PackedBatch {
    return packSequences(texts.map((text) => this.encode(text, options)));
  }

  /** Token ids of texts side by side, padded to the longest: the slow twin of `encodeBatch`. */
  encodePadded(texts: readonly string[], options: EncodeOptions = {}): PaddedBatch {
    const sequences = texts.map((text) => this.encode(text, options));
    return padSequences(sequences, this.padTokenId);
  }

  /** Word pieces of one text as words, `[CLS]` and `[SEP]` included, nothing cut off. */
  tokenize(text: string): string[] {
    return Array.from(this.#library.encode(text).ids, (id) => this.vocabulary[id]);
  }

  /** The files that make transformers' `BertTokenizerFast.from_pretrained`, and `fromDir`, give this tokenizer again. */
  files(): { 'vocab.txt': string; 'tokenizer_config.json': string } {
    const { normalizer, special } = this.#source;
    const config = {
      tokenizer_class: 'BertTokenizer',
      do_lower_case: normalizer.lowercase,
      strip_accents: normalizer.stripAccents,
      tokenize_chinese_chars: normalizer.handleChineseChars,
      model_max_length: this.maxLength,
      ...Object.fromEntries(Object.entries(special).map(([role, token]) => [`${role}_token`, token])),
    };
    return {
      'vocab.txt': this.vocabulary.map((word) => `${word}\n`).join(''),
      'tokenizer_config.json': `${JSON.stringify(config, null, 2)}\n`,
    };
  }
}

function checkMaxLength(maxLength: number): number {
  if (Number.isInteger(maxLength) && maxLength >= TOKENS_AROUND_TEXT) return maxLength;
  throw new BertInputError(
    `maxLength is ${maxLength}; it counts [CLS] and [SEP], so it must be a whole number from ${TOKENS_AROUND_TEXT} up`,
  );
}
