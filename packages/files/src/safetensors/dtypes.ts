import { endianness } from 'node:os';
import { SafetensorsError } from './errors.js';

/**
 * Bits per element of each dtype, ordered by rising alignment like in the reference. A writer orders tensors by falling
 * alignment.
 */
const BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** Dtypes of the safetensors format, as spelled in its header. */
export type SafetensorsDtype = keyof typeof BITS;

/** Every dtype, by rising alignment. */
export const SAFETENSORS_DTYPES: readonly SafetensorsDtype[] = Object.keys(BITS) as SafetensorsDtype[];

/**
 * Elements of a tensor, row-major. F16 and BF16 are bits in a `Uint16Array`; BOOL and types of up to 8 bits without an array type
 * are bytes in a `Uint8Array`; C64 are pairs in a `Float32Array`.
 */
export type SafetensorsData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): SafetensorsData;
}

const ARRAYS: Partial<Record<SafetensorsDtype, ArrayType>> = {
  I8: Int8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  C64: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
};

export function isSafetensorsDtype(text: string): text is SafetensorsDtype {
  return Object.hasOwn(BITS, text);
}

/** Bits of one element. */
export function dtypeBits(dtype: SafetensorsDtype): number {
  return BITS[dtype];
}

/** Rank in the order of alignment. A writer orders tensors from the highest rank to the lowest. */
export function dtypeRank(dtype: SafetensorsDtype): number {
  return SAFETENSORS_DTYPES.indexOf(dtype);
}

/**
 * Converts the bytes of a tensor to an array of its dtype: a view if they are aligned in memory, otherwise a copy.
 *
 * @throws {SafetensorsError} `UnsupportedHost` on big-endian machines, which would read the bytes backwards
 */
export function viewAs(dtype: SafetensorsDtype, bytes: Uint8Array): SafetensorsData {
  if (endianness() !== 'LE') {
    throw new SafetensorsError('UnsupportedHost', 'the format is little-endian and this machine is not');
  }
  const type: ArrayType = ARRAYS[dtype] ?? Uint8Array;
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : Uint8Array.from(bytes);
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / type.BYTES_PER_ELEMENT);
}
