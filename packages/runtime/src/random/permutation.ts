import type { PhiloxState } from './philox.js';
import { philoxWords } from './philox.js';

/** Words drawn at a time: more than most permutations need, and no waste for small ones. */
const CHUNK_WORDS = 256;

/** The numbers 0 … n-1 in random order (Fisher and Yates), every order equally likely. */
export function permutation(state: PhiloxState, n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const words = wordsOf(state);
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1, words);
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}

/** A whole number below `bound`: words of the last, incomplete multiple of `bound` are thrown away, so that none is favoured. */
function below(bound: number, words: Iterator<number, never>): number {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  let word = words.next().value;
  while (word >= limit) word = words.next().value;
  return word % bound;
}

function* wordsOf(state: PhiloxState): Generator<number, never> {
  const chunk = new Uint32Array(CHUNK_WORDS);
  for (let block = 0; ; block += CHUNK_WORDS / 4) {
    philoxWords(state, chunk, block);
    yield* chunk;
  }
}
