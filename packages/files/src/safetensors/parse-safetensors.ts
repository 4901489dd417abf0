import { viewAs } from './dtypes.js';
import { headerLength, LENGTH_BYTES } from './header-length.js';
import { findTensor } from './open-safetensors.js';
import { parseHeader } from './parse-header.js';
import type { SafetensorsInfo, SafetensorsTensor } from './tensor.js';

/** Safetensors data in memory. */
export interface Safetensors {
  /** Free text of the writer, such as `format: pt`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Names in the order of their bytes. */
  names(): readonly string[];
  /** @throws {SafetensorsError} `TensorNotFound` */
  info(name: string): SafetensorsInfo;
  /**
   * The tensor, its elements a view of the bytes that were given; a copy only where they lie unaligned there.
   *
   * @throws {SafetensorsError} `TensorNotFound`
   */
  tensor(name: string): SafetensorsTensor;
}

/**
 * Checks safetensors data in memory by every rule of the Rust reference and gives views of its tensors.
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
