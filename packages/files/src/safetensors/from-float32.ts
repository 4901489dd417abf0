import { roundToBfloat16, roundToFloat16 } from './half-floats.js';

const ROUND = { F16: roundToFloat16, BF16: roundToBfloat16 } as const;

/**
 * Float32 values rounded to a 16-bit type, to the nearest with ties to even, as PyTorch's `.half()` and `.bfloat16()` do:
 * what lies beyond the largest finite value becomes infinite, small values become subnormal.
 *
 * @returns the bits of each value, as {@link toFloat32} takes them
 */
export function fromFloat32(values: Float32Array, dtype: 'F16' | 'BF16'): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  const round = ROUND[dtype];
  for (let i = 0; i < words.length; i++) rounded[i] = round(words[i]);
  return rounded;
}
