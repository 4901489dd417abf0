import { BertInputError } from '../errors.js';
import type { SpecialTokens } from './special-tokens.js';

/** Above this share of entries with a capital letter a vocabulary is a cased one (bert-base-uncased has none, -cased 0.4). */
const CASED_SHARE = 0.05;

/** What a vocabulary has to fit. */
export interface VocabularyExpectations {
  readonly special: SpecialTokens;
  /** Rows of the model's embedding table, null when not known. */
  readonly vocabSize: number | null;
  /** Id the model pads with, null when not known. */
  readonly padTokenId: number | null;
  readonly lowercase: boolean;
  /** File named in the message, null when the words did not come from a file. */
  readonly file: string | null;
}

/**
 * Refuses a vocabulary that cannot belong to the model. With a wrong one nothing fails: words become other words or
 * `[UNK]`, and a classifier gives the same answer to everything (ProsusAI/finBERT issue 62).
 *
 * @throws BertInputError naming the entry at fault
 */
export function checkVocabulary(words: readonly string[], expected: VocabularyExpectations): void {
  const { special, vocabSize, padTokenId, lowercase, file } = expected;
  const refuse = (message: string): never => {
    throw new BertInputError(message, { file });
  };
  const ids = new Map<string, number>();
  words.forEach((word, id) => {
    if (word === '')
      refuse(`entry ${id} (line ${id + 1}) is empty; use the vocabulary the model was trained with`);
    const first = ids.get(word);
    if (first !== undefined) {
      refuse(`"${word}" stands twice, as entries ${first} and ${id} (lines ${first + 1} and ${id + 1})`);
    }
    ids.set(word, id);
  });
  const missing = Object.values(special).filter((token) => !ids.has(token));
  if (missing.length > 0) {
    refuse(
      `the vocabulary has no ${missing.join(', ')}, so it is not a BERT vocabulary; use the model's own vocab.txt`,
    );
  }
  if (vocabSize !== null && words.length !== vocabSize) {
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
  const cased = words.filter((word) => /\p{Lu}/u.test(word)).length - Object.values(special).length;
  if (lowercase && cased > CASED_SHARE * words.length) {
    refuse(
      `${cased} of ${words.length} entries hold capital letters, but texts are lowercased before they are looked up; this is a cased vocabulary: set do_lower_case to false in tokenizer_config.json`,
    );
  }
}
