import { replaceFile } from '../atomic-file.js';
import { FileWriteError } from '../errors.js';
import { SafetensorsError } from './errors.js';
import type { Layout, MetadataToWrite, TensorsToWrite, TensorToWrite } from './plan-layout.js';
import { bytesOf, planLayout } from './plan-layout.js';

/**
 * Writes a safetensors file with the same bytes as the Rust reference (see {@link serializeSafetensors}). Tensors are written one
 * by one, so that no second copy is in memory. The file is replaced atomically: after a crash, a full disk or an error the old
 * content is still there.
 *
 * @param metadata text for the header by key, such as `{ format: 'pt' }`, which transformers requires
 * @throws {SafetensorsError}
 * @example
 * ```ts
 * await writeSafetensors('head.safetensors', {
 *   'classifier.weight': { dtype: 'F32', shape: [3, 384], data: new Float32Array(3 * 384) },
 * }, { format: 'pt' });
 * ```
 */
export async function writeSafetensors(
  file: string,
  tensors: TensorsToWrite,
  metadata: MetadataToWrite = {},
): Promise<void> {
  const layout = planLayout(tensors, metadata, file);
  try {
    await replaceFile(file, pieces(layout, file));
  } catch (error) {
    if (!(error instanceof FileWriteError)) throw error;
    const { cause } = error;
    throw new SafetensorsError('IoError', `it cannot be written (${(cause as Error).message})`, {
      file,
      cause,
    });
  }
}

async function* pieces(layout: Layout, file: string): AsyncGenerator<Uint8Array> {
  yield layout.start;
  for (const tensor of layout.tensors) {
    const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
    yield bytesOf(tensor, data, file);
  }
}

/** A tensor to write whose elements are in memory. */
export interface TensorInMemory extends TensorToWrite {
  readonly data: ArrayBufferView;
}

/**
 * Serializes tensors to the bytes of a safetensors file. They equal those of the Rust reference for the same tensors and up to
 * one metadata key; the reference shuffles several keys.
 *
 * @param metadata text for the header by key, such as `{ format: 'pt' }`
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
