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

/** Word pieces of words, and what the tokenizer reads off the model beside calling it. */
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

/** Distinct words kept; real headlines hold about 40,000. The memory starts afresh when it is full. */
const CAPACITY = 100_000;

/** The same model with the pieces of each word it has met remembered: headlines repeat words far more than they bring new ones. */
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
