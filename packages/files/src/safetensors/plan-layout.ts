import type { SafetensorsDtype } from './dtypes.js';
import { dtypeBits, dtypeRank } from './dtypes.js';
import { SafetensorsError } from './errors.js';
import { LENGTH_BYTES, MAX_DIMENSION, MAX_DIMENSIONS, MAX_HEADER_BYTES, METADATA_KEY } from './header.js';
import { printable } from './printable.js';

/** The header is padded with spaces to a multiple of this, so that tensors of the widest dtype are aligned. */
const ALIGNMENT = 8;

/** Half of a surrogate pair, which UTF-8 cannot represent. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A tensor to write. */
export interface TensorToWrite {
  readonly dtype: SafetensorsDtype;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /**
   * Elements, row-major and little-endian; for F16 and BF16 their bits (see {@link fromFloat32}). For `writeSafetensors` it can
   * be a function that returns them. It is called just before they are written, so that only one tensor needs to be in memory.
   */
  readonly data: ArrayBufferView | (() => ArrayBufferView | Promise<ArrayBufferView>);
}

/** Tensors to write, by name. */
export type TensorsToWrite = Readonly<Record<string, TensorToWrite>> | ReadonlyMap<string, TensorToWrite>;

/** Metadata for the header, by key. */
export type MetadataToWrite = Readonly<Record<string, string>> | ReadonlyMap<string, string>;

/** A tensor to write, with its size. */
export interface PlannedTensor extends TensorToWrite {
  readonly name: string;
  /** Length in bytes. */
  readonly bytes: number;
}

/** Layout of a file to write, from front to back. */
export interface Layout {
  /** Bytes of the length field and the padded header. */
  readonly start: Uint8Array;
  readonly tensors: readonly PlannedTensor[];
  /** Size of the file in bytes. */
  readonly totalBytes: number;
}

/**
 * Plans a file: orders the tensors by falling alignment and then by name (as UTF-8 bytes), like the Rust reference, and writes
 * the header. The reference writes several metadata keys in random order; here they are sorted, so that equal content gives equal
 * bytes.
 *
 * @throws {SafetensorsError} `InvalidName`, `TensorInvalidInfo`, `HeaderTooLarge`
 */
export function planLayout(tensors: TensorsToWrite, metadata: MetadataToWrite, file: string | null): Layout {
  const planned = entriesOf(tensors)
    .map(([name, tensor]) => ({
      ...tensor,
      name,
      bytes: byteLength(name, tensor, file),
      key: Buffer.from(name),
    }))
    .sort((a, b) => dtypeRank(b.dtype) - dtypeRank(a.dtype) || Buffer.compare(a.key, b.key));
  const fields = entriesOf(metadata).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const parts = fields.length > 0 ? [`${JSON.stringify(METADATA_KEY)}:${objectOf(fields, file)}`] : [];
  let end = 0;
  for (const { name, dtype, shape, bytes } of planned) {
    const info = { dtype, shape, data_offsets: [end, end + bytes] };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    end += bytes;
  }
  const start = frame(`{${parts.join(',')}}`, file);
  return { start, tensors: planned, totalBytes: start.length + end };
}

function entriesOf<T>(values: Readonly<Record<string, T>> | ReadonlyMap<string, T>): [string, T][] {
  return values instanceof Map ? [...values] : Object.entries(values as Readonly<Record<string, T>>);
}

function objectOf(fields: readonly [string, string][], file: string | null): string {
  for (const [key, value] of fields) {
    if (typeof value !== 'string' || LONE_SURROGATE.test(key) || LONE_SURROGATE.test(value)) {
      throw new SafetensorsError('InvalidName', `the metadata ${printable(key)} is not text`, { file });
    }
  }
  return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

function byteLength(name: string, { dtype, shape }: TensorToWrite, file: string | null): number {
  const place = { file, tensor: name };
  if (name === METADATA_KEY || LONE_SURROGATE.test(name)) {
    throw new SafetensorsError('InvalidName', `no tensor can be named ${printable(name)}`, place);
  }
  const sizesFit = shape.every(
    (size) => Number.isSafeInteger(size) && size >= 0 && size <= Number(MAX_DIMENSION),
  );
  const bytes = shape.reduce((product, size) => product * size, dtypeBits(dtype)) / 8;
  if (!sizesFit || shape.length > MAX_DIMENSIONS || !Number.isSafeInteger(bytes)) {
    const problem = `the tensor ${printable(name)} of dtype ${dtype} cannot have the shape [${shape}]`;
    throw new SafetensorsError('TensorInvalidInfo', problem, place);
  }
  return bytes;
}

function frame(header: string, file: string | null): Uint8Array {
  const bytes = Buffer.byteLength(header);
  const padded = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  if (padded > MAX_HEADER_BYTES) {
    const problem = `the header takes ${padded} bytes where ${MAX_HEADER_BYTES} is the limit`;
    throw new SafetensorsError('HeaderTooLarge', problem, { file });
  }
  const start = Buffer.alloc(LENGTH_BYTES + padded, ' ');
  start.writeBigUInt64LE(BigInt(padded));
  start.write(header, LENGTH_BYTES);
  return start;
}

/** Returns the bytes of a tensor, after checking their number. @throws {SafetensorsError} `InvalidTensorView` */
export function bytesOf(tensor: PlannedTensor, data: ArrayBufferView, file: string | null): Uint8Array {
  if (data.byteLength !== tensor.bytes) {
    const { name, dtype, shape, bytes } = tensor;
    throw new SafetensorsError(
      'InvalidTensorView',
      `the tensor ${printable(name)} of dtype ${dtype} and shape [${shape}] takes ${bytes} bytes and got ${data.byteLength}`,
      { file, tensor: name },
    );
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
