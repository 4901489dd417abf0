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
