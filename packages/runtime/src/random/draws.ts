import type { PhiloxState } from './philox.js';
import { philoxWords } from './philox.js';

/** The 23 bits of a word that TensorFlow uses as mantissa. */
const MANTISSA = 0x7fffff;
const MANTISSA_SCALE = 2 ** -23;

/** `count` float32 values in [0, 1), with the same bits as TensorFlow's `StatelessRandomUniform`. */
export function uniformFloats(state: PhiloxState, count: number): Float32Array {
  const words = new Uint32Array(count);
  philoxWords(state, words);
  const floats = new Float32Array(count);
  for (let i = 0; i < count; i++) floats[i] = (words[i]! & MANTISSA) * MANTISSA_SCALE;
  return floats;
}

const WORD_SCALE = 2 ** -32;

/**
 * `count` normally distributed float32 values (Box-Muller method, in double precision until the end). V8 computes these functions
 * in software, so the bits are the same on every machine.
 */
export function normalFloats(state: PhiloxState, count: number, mean: number, std: number): Float32Array {
  const words = new Uint32Array(count + (count % 2));
  philoxWords(state, words);
  const floats = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log((words[i]! + 0.5) * WORD_SCALE));
    const angle = 2 * Math.PI * words[i + 1]! * WORD_SCALE;
    floats[i] = mean + radius * Math.cos(angle);
    if (i + 1 < count) floats[i + 1] = mean + radius * Math.sin(angle);
  }
  return floats;
}

/** Words drawn at a time: enough for most permutations, and little waste for small ones. */
const CHUNK_WORDS = 256;

/** The numbers 0 … n-1 in random order (Fisher-Yates shuffle); all orders are equally likely. */
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

/**
 * A random integer below `bound`. Words above the largest multiple of `bound` are rejected, so that all values are equally
 * likely.
 */
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
