import { SafetensorsError } from './errors.js';
import { float16Table } from './half-floats.js';
import { printable } from './printable.js';
import type { SafetensorsTensor } from './tensor.js';

/**
 * A tensor's elements as float32. F32 comes as it is, without a copy; F16, BF16, BOOL and whole numbers of up to 24 bits
 * are exact; F64 and wider whole numbers are rounded to the nearest, ties to even.
 *
 * @throws {SafetensorsError} `UnsupportedDtype` for F8, F6, F4 and C64, whose values this package does not decode
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
