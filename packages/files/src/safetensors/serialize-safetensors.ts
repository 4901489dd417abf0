import type { MetadataToWrite, TensorsToWrite, TensorToWrite } from './plan-layout.js';
import { bytesOf, planLayout } from './plan-layout.js';

/** A tensor to be written whose elements are in memory. */
export interface TensorInMemory extends TensorToWrite {
  readonly data: ArrayBufferView;
}

/**
 * The bytes of a safetensors file, equal to those of the Rust reference for the same tensors (with one key of metadata or
 * none; the reference shuffles several).
 *
 * @param metadata free text for the header, such as `{ format: 'pt' }`
 * @throws {SafetensorsError}
 */
export function serializeSafetensors(
  tensors: Readonly<Record<string, TensorInMemory>> | ReadonlyMap<string, TensorInMemory>,
  metadata: MetadataToWrite = {},
): Uint8Array {
  const layout = planLayout(tensors as TensorsToWrite, metadata, null);
  const bytes = new Uint8Array(layout.totalBytes);
  bytes.set(layout.start);
  let position = layout.start.length;
  for (const tensor of layout.tensors) {
    bytes.set(bytesOf(tensor, tensor.data as ArrayBufferView, null), position);
    position += tensor.bytes;
  }
  return bytes;
}
