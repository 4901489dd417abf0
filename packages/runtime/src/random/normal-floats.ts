import type { PhiloxState } from './philox.js';
import { philoxWords } from './philox.js';

const WORD_SCALE = 2 ** -32;

/**
 * `count` float32 values of a normal distribution by Box and Muller's method, in double precision until the end. V8 computes
 * these functions in software, so the bits are those of every machine.
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
