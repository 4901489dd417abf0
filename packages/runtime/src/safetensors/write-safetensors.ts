import { SafetensorsError } from './errors.js';
import type { MetadataToWrite, TensorsToWrite } from './plan-layout.js';
import { bytesOf, planLayout } from './plan-layout.js';
import { writeFileAtomically } from './write-file-atomically.js';

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
    await writeFileAtomically(file, async (append) => {
      await append(layout.start);
      for (const tensor of layout.tensors) {
        const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
        await append(bytesOf(tensor, data, file));
      }
    });
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).syscall !== 'string') throw error;
    throw new SafetensorsError('IoError', `it cannot be written (${(error as Error).message})`, {
      file,
      cause: error,
    });
  }
}
