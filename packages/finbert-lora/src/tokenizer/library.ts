import { Tokenizer } from '@huggingface/tokenizers';

/**
 * The parts of `Tokenizer` of `@huggingface/tokenizers` 0.2 used here. Its own declarations leave out file endings, which
 * TypeScript does not resolve under NodeNext, so they are written down here.
 */
export interface LibraryTokenizer {
  normalizer: (text: string) => string;
  pre_tokenizer: (text: string) => string[];
  model: LibraryModel;
  encode(text: string): { readonly ids: number[]; readonly tokens: string[] };
}

/** Splits words into pieces. It has the fields that the tokenizer reads. */
export interface LibraryModel {
  (words: string[]): string[];
  readonly tokens_to_ids: Map<string, number>;
  readonly vocab: readonly string[];
  readonly unk_token_id: number;
}

/** A tokenizer from the content of a `tokenizer.json`. */
export function createLibraryTokenizer(definition: object): LibraryTokenizer {
  return new Tokenizer(definition, {}) as LibraryTokenizer;
}

/** Capacity of the cache of words. Real headlines have about 40,000 distinct words. The cache is emptied when it is full. */
const CAPACITY = 100_000;

/** Wraps a model so that it remembers the pieces of each word. Headlines mostly repeat words. */
export function rememberWords(model: LibraryModel): LibraryModel {
  const known = new Map<string, string[]>();
  const remembering = (words: string[]): string[] => {
    const pieces: string[] = [];
    for (const word of words) {
      let found = known.get(word);
      if (!found) {
        if (known.size >= CAPACITY) known.clear();
        found = model([word]);
        known.set(word, found);
      }
      for (const piece of found) pieces.push(piece);
    }
    return pieces;
  };
  return Object.assign(remembering, {
    tokens_to_ids: model.tokens_to_ids,
    vocab: model.vocab,
    unk_token_id: model.unk_token_id,
  });
}
