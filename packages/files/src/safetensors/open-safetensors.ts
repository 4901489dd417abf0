import type { ByteSource } from './byte-source.js';
import { openByteSource } from './byte-source.js';
import { viewAs } from './dtypes.js';
import { SafetensorsError } from './errors.js';
import { headerLength, LENGTH_BYTES } from './header-length.js';
import type { SafetensorsHeader } from './parse-header.js';
import { parseHeader } from './parse-header.js';
import { printable } from './printable.js';
import type { SafetensorsInfo, SafetensorsTensor } from './tensor.js';

/** An open safetensors file; its header is checked and in memory, its tensors are on disk until they are read. */
export interface SafetensorsFile {
  /** Path of the file, null for bytes in memory. */
  readonly file: string | null;
  /** Free text of the writer, such as `format: pt`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Names in the order of their bytes: reading in this order reads the file front to back. */
  names(): readonly string[];
  /** @throws {SafetensorsError} `TensorNotFound` */
  info(name: string): SafetensorsInfo;
  /**
   * Reads one tensor's bytes, and only them, straight into an array of its own: nothing is kept or read twice.
   *
   * @throws {SafetensorsError} `TensorNotFound`, `TensorTooLarge`, `IoError`
   */
  read(name: string): Promise<SafetensorsTensor>;
  /** Closes the file; arrays that were read stay valid. */
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header by every rule of the Rust reference, before any tensor is read.
 *
 * Node has no memory map, so tensors are read by position: loading a whole file costs its own size in memory, once.
 *
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

/** The same over any source of bytes, which closing the result closes. */
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
