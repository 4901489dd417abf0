import { replaceFile } from '../atomic-file.js';
import { FileWriteError } from '../errors.js';
import { SafetensorsError } from './errors.js';
import type { Layout, MetadataToWrite, TensorsToWrite } from './plan-layout.js';
import { bytesOf, planLayout } from './plan-layout.js';

/**
 * Writes a safetensors file, byte for byte as the Rust reference would (see {@link serializeSafetensors}), tensor by tensor
 * so that no second copy is in memory, and atomically: a crash, a full disk or a thrown error leaves what was there before.
 *
 * @param metadata free text for the header, such as `{ format: 'pt' }`, which transformers asks for
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
