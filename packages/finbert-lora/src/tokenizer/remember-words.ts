import type { LibraryModel } from './library.js';

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
