import type { PhiloxState } from './philox.js';
import { philoxWords } from './philox.js';

/** 23 bits of a word, the mantissa that TensorFlow keeps of it. */
const MANTISSA = 0x7fffff;
const MANTISSA_SCALE = 2 ** -23;

/** `count` float32 values in [0, 1), bit for bit those of TensorFlow's `StatelessRandomUniform`. */
export function uniformFloats(state: PhiloxState, count: number): Float32Array {
  const words = new Uint32Array(count);
  philoxWords(state, words);
  const floats = new Float32Array(count);
  for (let i = 0; i < count; i++) floats[i] = (words[i]! & MANTISSA) * MANTISSA_SCALE;
  return floats;
}
