import { SafetensorsError } from './errors.js';
import type { SafetensorsTensor } from './header.js';
import { printable } from './printable.js';

/**
 * Converts the elements of a tensor to float32. F32 is returned without a copy. F16, BF16, BOOL and integers of up to 24 bits are
 * exact; F64 and wider integers are rounded to nearest, ties to even.
 *
 * @throws {SafetensorsError} `UnsupportedDtype` for F8, F6, F4 and C64
 */
export function toFloat32({ name, dtype, data }: SafetensorsTensor): Float32Array {
  switch (dtype) {
    case 'F32':
      return data as Float32Array;
    case 'BF16':
      return widen(data as Uint16Array, (bits) => bits << 16);
    case 'F16': {
      const table = float16Table();
      return widen(data as Uint16Array, (bits) => table[bits]);
    }
    case 'I64':
    case 'U64':
      return Float32Array.from(data as BigInt64Array | BigUint64Array, wholeToFloat32);
    case 'BOOL':
    case 'U8':
    case 'I8':
    case 'U16':
    case 'I16':
    case 'U32':
    case 'I32':
    case 'F64':
      return new Float32Array(data as Uint8Array);
    default:
      throw new SafetensorsError(
        'UnsupportedDtype',
        `the tensor ${printable(name)} of dtype ${dtype} cannot be read as float32`,
        { tensor: name },
      );
  }
}

function widen(bits: Uint16Array, toBits: (bits: number) => number): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = toBits(bits[i]);
  return new Float32Array(words.buffer);
}

function wholeToFloat32(value: bigint): number {
  return Number(value);
}

const ROUND = { F16: roundToFloat16, BF16: roundToBfloat16 } as const;

/**
 * Rounds float32 values to a 16-bit type, to nearest with ties to even, like PyTorch's `.half()` and `.bfloat16()`: values beyond
 * the largest finite one become infinite, small ones subnormal.
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

/**
 * Bits of the float32 for each float16, by its bits; 256 KiB, created on first use.
 *
 * Layouts: float16 has sign 1, exponent 5 (bias 15), mantissa 10; float32 has sign 1, exponent 8 (bias 127), mantissa 23.
 */
let widened: Uint32Array | undefined;

/** Table of the float32 bits for all float16 bits. NaN keeps its payload. */
export function float16Table(): Uint32Array {
  if (widened === undefined) {
    widened = new Uint32Array(1 << 16);
    for (let half = 0; half < widened.length; half++) widened[half] = widenFloat16(half);
  }
  return widened;
}

function widenFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21; // brings the leading one to the place of the implicit one
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

/**
 * Bits of the float16 nearest to the float32 with these bits, ties to even. Values that are too large become infinite, NaN
 * becomes quiet.
 */
export function roundToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // from 65520 on, halfway past the largest float16
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13); // 2^-14, the smallest normal float16
  const shift = 126 - (magnitude >>> 23); // float32 to a multiple of 2^-24
  return shift > 24 ? sign : sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/**
 * Bits of the bfloat16 nearest to the float32 with these bits, ties to even. NaN becomes quiet and keeps the top of its payload.
 */
export function roundToBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function roundShift(value: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const rest = value & (2 * half - 1);
  const floor = value >>> shift;
  return rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor;
}
