import type { BackendName } from '@fin/runtime';
import type { Io } from './io/io.js';

/**
 * Loads TensorFlow, and on the native one the fused ops, which are compiled the first time. Tells why something better was
 * passed over.
 *
 * @param backend absent for the best that is found
 */
export async function loadBackend(backend: BackendName | undefined, io: Io): Promise<void> {
  const { loadTensorFlow } = await import('@fin/runtime');
  const loaded = await loadTensorFlow({ backend });
  const { loadKernels } = await import('@fin/kernels');
  const kernels = loaded.backend === 'tensorflow' ? (await loadKernels()).notes : [];
  for (const note of [...loaded.notes, ...kernels]) io.stderr.write(`note: ${note}\n`);
}
