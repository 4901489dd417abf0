import { isUtf8 } from 'node:buffer';
import type { SafetensorsData, SafetensorsDtype } from './dtypes.js';
import { dtypeBits, isSafetensorsDtype } from './dtypes.js';
import { SafetensorsError } from './errors.js';
import { JsonScanError, JsonScanner } from './json-scanner.js';
import { printable } from './printable.js';

/** Size of the length field before the header, a little-endian u64. */
export const LENGTH_BYTES = 8;

/** Maximum size of a header to read or write. The reference has the same limit, which bounds the time of parsing (CWE-400). */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads the length of the header in bytes, and checks it against the limit and the size of the data.
 *
 * @param start first bytes of the data; at least eight unless there are fewer
 * @param totalBytes size of the data
 * @throws {SafetensorsError} `HeaderTooSmall`, `HeaderTooLarge`, `InvalidHeaderLength`
 */
export function headerLength(start: Uint8Array, totalBytes: number, file: string | null): number {
  if (totalBytes < LENGTH_BYTES) {
    throw new SafetensorsError(
      'HeaderTooSmall',
      `${totalBytes} bytes are too few for a header's length, which takes ${LENGTH_BYTES}`,
      { file },
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      'HeaderTooLarge',
      `the header claims ${length} bytes where ${MAX_HEADER_BYTES} is the limit`,
      { file },
    );
  }
  if (LENGTH_BYTES + Number(length) > totalBytes) {
    throw new SafetensorsError(
      'InvalidHeaderLength',
      `the header claims ${length} bytes and only ${totalBytes - LENGTH_BYTES} follow`,
      { file },
    );
  }
  return Number(length);
}

/** Key of the metadata in the header; no tensor can have this name. */
export const METADATA_KEY = '__metadata__';

/** Maximum number of dimensions, the limit of numpy. It bounds the memory for shapes (CWE-770). */
export const MAX_DIMENSIONS = 64;

/** A checked header. */
export interface SafetensorsHeader {
  /** Metadata of the writer, such as `format: pt`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
}

/** A tensor in the header, not yet checked. */
export interface ClaimedTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly bigint[];
  readonly begin: bigint;
  readonly end: bigint;
}

/**
 * Parses a header and checks everything that does not need the data.
 *
 * It accepts the same headers as the Rust reference, except for those that the format's documentation forbids: duplicate keys,
 * white space before the `{`, `null` as metadata, the fields of a tensor as an array, a dtype as an object.
 *
 * @param header bytes of the header, without its length field
 * @param dataBytes number of bytes after the header
 * @throws {SafetensorsError}
 */
export function parseHeader(header: Uint8Array, dataBytes: number, file: string | null): SafetensorsHeader {
  if (!isUtf8(header)) {
    throw new SafetensorsError('InvalidHeader', 'the header is not valid UTF-8', { file });
  }
  if (header.length > 0 && header[0] !== 0x7b) {
    throw new SafetensorsError('InvalidHeaderStart', 'the header does not begin with {', { file });
  }
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('utf8');
  const metadata = new Map<string, string>();
  const claimed: ClaimedTensor[] = [];
  const scanner = new JsonScanner(text);
  try {
    scanner.object((key) => {
      if (key === METADATA_KEY) scanner.object((name) => metadata.set(name, scanner.string()));
      else claimed.push(readTensor(scanner, key, file));
    });
    scanner.end();
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    throw new SafetensorsError(
      'InvalidHeaderDeserialization',
      `the header is not as it must be: ${error.message}`,
      {
        file,
        cause: error,
      },
    );
  }
  return { metadata, tensors: validateLayout(claimed, dataBytes, file) };
}

function readTensor(scanner: JsonScanner, name: string, file: string | null): ClaimedTensor {
  const fields: { dtype?: SafetensorsDtype; shape?: bigint[]; offsets?: bigint[] } = {};
  scanner.object((field) => {
    if (field === 'dtype') fields.dtype = readDtype(scanner, name);
    else if (field === 'shape') fields.shape = readShape(scanner, name, file);
    else if (field === 'data_offsets') fields.offsets = readOffsets(scanner, name);
    else scanner.skip();
  });
  const { dtype, shape, offsets } = fields;
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    scanner.fail(`the tensor ${printable(name)} lacks its dtype, its shape or its data_offsets`);
  }
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}

function readDtype(scanner: JsonScanner, name: string): SafetensorsDtype {
  const text = scanner.string();
  if (!isSafetensorsDtype(text)) {
    scanner.fail(`the tensor ${printable(name)} has the unknown dtype ${printable(text)}`);
  }
  return text;
}

function readShape(scanner: JsonScanner, name: string, file: string | null): bigint[] {
  const shape: bigint[] = [];
  scanner.array(() => {
    if (shape.length === MAX_DIMENSIONS) {
      throw new SafetensorsError(
        'TooManyDimensions',
        `the tensor ${printable(name)} has more than ${MAX_DIMENSIONS} dimensions`,
        { file, tensor: name },
      );
    }
    shape.push(scanner.unsigned());
  });
  return shape;
}

function readOffsets(scanner: JsonScanner, name: string): bigint[] {
  const offsets: bigint[] = [];
  scanner.array(() => {
    if (offsets.length === 2) scanner.fail(`the tensor ${printable(name)} has more than two data_offsets`);
    offsets.push(scanner.unsigned());
  });
  if (offsets.length !== 2) scanner.fail(`the tensor ${printable(name)} has not two data_offsets`);
  return offsets;
}

/** A tensor as the header describes it. */
export interface SafetensorsInfo {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Position of the first byte, counted from the end of the header. */
  readonly offset: number;
  /** Length in bytes. */
  readonly bytes: number;
}

/** A tensor with its elements. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly data: SafetensorsData;
}

const MAX_U64 = 2n ** 64n - 1n;

/**
 * Maximum size of a dimension, 2^32, as in huggingface.js: JavaScript's arrays hold no more elements. Without the limit an empty
 * tensor could have the shape `[0, 2^63]`, and sums of sizes would be wrong.
 */
export const MAX_DIMENSION: bigint = 2n ** 32n;

/**
 * Checks that the tensors' bytes follow each other without gap or overlap, end where the data ends, and have the size that shape
 * and dtype require. The checks and their order are those of `validate` in the Rust reference.
 *
 * @returns the tensors by name, in the order of their bytes
 */
export function validateLayout(
  claimed: readonly ClaimedTensor[],
  dataBytes: number,
  file: string | null,
): Map<string, SafetensorsInfo> {
  const tensors = new Map<string, SafetensorsInfo>();
  let previousEnd = 0n;
  for (const tensor of [...claimed].sort(byOffsets)) {
    const { name, dtype, shape, begin, end } = tensor;
    const place = { file, tensor: name };
    if (begin !== previousEnd || end < begin) {
      const problem = `the tensor ${printable(name)} claims the bytes ${begin} to ${end} where it must begin at ${previousEnd}`;
      throw new SafetensorsError('InvalidOffset', problem, place);
    }
    previousEnd = end;
    const bytes = sizeInBytes(tensor, file);
    if (end - begin !== bytes) {
      const problem = `the tensor ${printable(name)} of dtype ${dtype} and shape [${shape}] needs ${bytes} bytes and claims ${end - begin}`;
      throw new SafetensorsError('TensorInvalidInfo', problem, place);
    }
    tensors.set(name, {
      name,
      dtype,
      shape: shape.map(Number),
      offset: Number(begin),
      bytes: Number(bytes),
    });
  }
  if (previousEnd !== BigInt(dataBytes)) {
    throw new SafetensorsError(
      'MetadataIncompleteBuffer',
      `the tensors take ${previousEnd} bytes after the header and ${dataBytes} are there`,
      { file },
    );
  }
  return tensors;
}

function byOffsets(left: ClaimedTensor, right: ClaimedTensor): number {
  if (left.begin !== right.begin) return left.begin < right.begin ? -1 : 1;
  if (left.end !== right.end) return left.end < right.end ? -1 : 1;
  return 0;
}

function sizeInBytes({ name, dtype, shape }: ClaimedTensor, file: string | null): bigint {
  const place = { file, tensor: name };
  let bits = 1n;
  for (const factor of [...shape, BigInt(dtypeBits(dtype))]) {
    bits *= factor;
    if (bits > MAX_U64) {
      const problem = `the size of the tensor ${printable(name)} of shape [${shape}] overflows 64 bits`;
      throw new SafetensorsError('ValidationOverflow', problem, place);
    }
  }
  if (bits % 8n !== 0n) {
    const problem = `the tensor ${printable(name)} of dtype ${dtype} and shape [${shape}] does not fill whole bytes`;
    throw new SafetensorsError('MisalignedSlice', problem, place);
  }
  if (shape.some((size) => size > MAX_DIMENSION)) {
    const problem = `the tensor ${printable(name)} of shape [${shape}] has a dimension above ${MAX_DIMENSION}`;
    throw new SafetensorsError('DimensionTooLarge', problem, place);
  }
  return bits / 8n;
}
