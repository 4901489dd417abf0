import type { PhiloxState } from './philox.js';
import { philoxWords } from './philox.js';

/** A 64-bit number as two unsigned words, low first. */
export type Word64 = readonly [low: number, high: number];

/** The key with which TensorFlow scrambles seeds (`GenerateKey` in its `stateless_random_ops.cc`). */
const SCRAMBLING_KEY: PhiloxState['key'] = [0x3ec8f720, 0x02461e29];

/** The generator that a TensorFlow `Stateless…` op uses for the seed `[seed0, seed1]`. */
export function statelessState(seed0: Word64, seed1: Word64): PhiloxState {
  const words = new Uint32Array(4);
  philoxWords({ key: SCRAMBLING_KEY, counter: [...seed0, ...seed1] }, words);
  return { key: [words[0]!, words[1]!], counter: [0, 0, words[2]!, words[3]!] };
}
