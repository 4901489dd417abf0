import type { ByteSource } from './byte-source.js';
import { openByteSource } from './byte-source.js';
import { viewAs } from './dtypes.js';
import { SafetensorsError } from './errors.js';
import type { SafetensorsHeader, SafetensorsInfo, SafetensorsTensor } from './header.js';
import { headerLength, LENGTH_BYTES, parseHeader } from './header.js';
import { printable } from './printable.js';

/** An open safetensors file. Its header is checked and in memory; tensors stay on disk until they are read. */
export interface SafetensorsFile {
  /** Path of the file; null for bytes in memory. */
  readonly file: string | null;
  /** Metadata of the writer, such as `format: pt`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Names of the tensors in the order of their bytes. Reading in this order reads the file from front to back. */
  names(): readonly string[];
  /** @throws {SafetensorsError} `TensorNotFound` */
  info(name: string): SafetensorsInfo;
  /**
   * Reads the bytes of one tensor into a new array. Nothing else is read or cached.
   *
   * @throws {SafetensorsError} `TensorNotFound`, `TensorTooLarge`, `IoError`
   */
  read(name: string): Promise<SafetensorsTensor>;
  /** Closes the file. Arrays that were read stay valid. */
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header by all rules of the Rust reference, before any tensor is read.
 *
 * Node has no memory mapping, so tensors are read by position. Loading a whole file needs its size in memory once.
 *
 * @param file path of a regular file
 * @throws {SafetensorsError}
 * @example
 * ```ts
 * const file = await openSafetensors('model.safetensors');
 * for (const name of file.names()) {
 *   const { dtype, shape, data } = await file.read(name);
 *   console.log(name, dtype, shape, data.length);
 * }
 * await file.close();
 * ```
 */
export async function openSafetensors(file: string): Promise<SafetensorsFile> {
  const source = await openByteSource(file);
  try {
    return await readSafetensors(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Opens safetensors data in any byte source. Closing the result closes the source. */
export async function readSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const start = await source.read(0, Math.min(LENGTH_BYTES, source.size));
  const length = headerLength(start, source.size, source.file);
  const dataStart = LENGTH_BYTES + length;
  const header = await source.read(LENGTH_BYTES, length);
  const { metadata, tensors } = parseHeader(header, source.size - dataStart, source.file);
  const info = (name: string): SafetensorsInfo => findTensor(tensors, name, source.file);
  return {
    file: source.file,
    metadata,
    names: () => [...tensors.keys()],
    info,
    read: async (name) => {
      const { dtype, shape, offset, bytes } = info(name);
      return { name, dtype, shape, data: viewAs(dtype, await source.read(dataStart + offset, bytes)) };
    },
    close: () => source.close(),
  };
}

/** @throws {SafetensorsError} `TensorNotFound` */
export function findTensor(
  tensors: SafetensorsHeader['tensors'],
  name: string,
  file: string | null,
): SafetensorsInfo {
  const info = tensors.get(name);
  if (info === undefined) {
    throw new SafetensorsError('TensorNotFound', `it holds no tensor ${printable(name)}`, {
      file,
      tensor: name,
    });
  }
  return info;
}

/** Safetensors data in memory. */
export interface Safetensors {
  /** Free text of the writer, such as `format: pt`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Names in the order of their bytes. */
  names(): readonly string[];
  /** @throws {SafetensorsError} `TensorNotFound` */
  info(name: string): SafetensorsInfo;
  /**
   * Returns a tensor. Its elements are a view of the given bytes, or a copy if they are not aligned there.
   *
   * @throws {SafetensorsError} `TensorNotFound`
   */
  tensor(name: string): SafetensorsTensor;
}

/**
 * Opens safetensors data in memory: checks it by all rules of the Rust reference and gives views of its tensors.
 *
 * @throws {SafetensorsError}
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const length = headerLength(bytes, bytes.length, null);
  const dataStart = LENGTH_BYTES + length;
  const header = bytes.subarray(LENGTH_BYTES, dataStart);
  const { metadata, tensors } = parseHeader(header, bytes.length - dataStart, null);
  const info = (name: string): SafetensorsInfo => findTensor(tensors, name, null);
  return {
    metadata,
    names: () => [...tensors.keys()],
    info,
    tensor: (name) => {
      const { dtype, shape, offset, bytes: size } = info(name);
      const start = dataStart + offset;
      return { name, dtype, shape, data: viewAs(dtype, bytes.subarray(start, start + size)) };
    },
  };
}
