import { BertInputError } from '../errors.js';
import { readTextFile } from '../read-text-file.js';

/** The special tokens that every BERT vocabulary must have, by role. */
export interface SpecialTokens {
  readonly pad: string;
  readonly unk: string;
  readonly cls: string;
  readonly sep: string;
  readonly mask: string;
}

export const BERT_SPECIAL_TOKENS: SpecialTokens = {
  pad: '[PAD]',
  unk: '[UNK]',
  cls: '[CLS]',
  sep: '[SEP]',
  mask: '[MASK]',
};

/** Above this share of entries with a capital letter a vocabulary is cased (bert-base-uncased has none, -cased 0.4). */
const CASED_SHARE = 0.05;

/**
 * Maximum number of embedding rows without a word. For speed, models pad the embedding to a multiple of 8 up to 1024. A larger
 * difference means a wrong or truncated vocabulary.
 */
const MAX_PADDING_ROWS = 1023;

/** Requirements for a vocabulary. */
export interface VocabularyExpectations {
  readonly special: SpecialTokens;
  /** Words added after training, the last ones of the vocabulary. They may hold capital letters. */
  readonly added: readonly unknown[];
  /** Rows of the model's embedding table, null when not known. */
  readonly vocabSize: number | null;
  /** Id the model pads with, null when not known. */
  readonly padTokenId: number | null;
  readonly lowercase: boolean;
  /** File named in the message, null when the words did not come from a file. */
  readonly file: string | null;
}

/** Reads the words of a `vocab.txt`: one per line, and the line number (from 0) is the id. @throws BertInputError */
export function readVocabulary(file: string): string[] {
  const words = readTextFile(file).split(/\r\n|\n|\r/);
  if (words.at(-1) === '') words.pop();
  return words;
}

/** Whether a vocabulary of this size fits an embedding with this many rows. Some rows may be padding. */
export function fitsEmbedding(words: number, rows: number): boolean {
  return words <= rows && rows - words <= MAX_PADDING_ROWS;
}

/**
 * Refuses a vocabulary that cannot belong to the model. A wrong one would cause no error later: words would become other words or
 * `[UNK]`, and a sentiment model would answer "neutral" to everything (ProsusAI/finBERT issue 62).
 *
 * @throws BertInputError naming the wrong entry
 */
export function checkVocabulary(words: readonly string[], expected: VocabularyExpectations): void {
  const { special, added, vocabSize, padTokenId, lowercase, file } = expected;
  const refuse = (message: string): never => {
    throw new BertInputError(message, { file });
  };
  const ids = new Map<string, number>();
  words.forEach((word, id) => {
    if (word === '')
      refuse(`entry ${id} (line ${id + 1}) is empty; use the vocabulary the model was trained with`);
    const first = ids.get(word);
    if (first !== undefined) {
      refuse(
        `${JSON.stringify(word)} stands twice, as entries ${first} and ${id} (lines ${first + 1} and ${id + 1})`,
      );
    }
    ids.set(word, id);
  });
  const missing = Object.values(special).filter((token) => !ids.has(token));
  if (missing.length > 0) {
    refuse(
      `the vocabulary has no ${missing.join(', ')}, so it is not a BERT vocabulary; use the model's own vocab.txt`,
    );
  }
  if (vocabSize !== null && !fitsEmbedding(words.length, vocabSize)) {
    refuse(
      `the vocabulary has ${words.length} entries and the model's configuration says ${vocabSize} (vocab_size): they do not belong together`,
    );
  }
  const pad = ids.get(special.pad);
  if (padTokenId !== null && pad !== padTokenId) {
    refuse(
      `${special.pad} has id ${pad} and the model's configuration says ${padTokenId} (pad_token_id): they do not belong together`,
    );
  }
  const trained = words.slice(0, words.length - added.length);
  const cased = trained.filter((word) => /\p{Lu}/u.test(word)).length - Object.values(special).length;
  if (lowercase && cased > CASED_SHARE * words.length) {
    refuse(
      `${cased} of ${words.length} entries hold capital letters, but texts are lowercased before they are looked up; this is a cased vocabulary: set do_lower_case to false in tokenizer_config.json`,
    );
  }
}
