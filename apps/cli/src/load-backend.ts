import type { BackendName } from '@fin/runtime';
import type { Io } from './io/io.js';

/** Loads TensorFlow, and tells why a better backend was passed over. @param backend absent for the best that is found */
export async function loadBackend(backend: BackendName | undefined, io: Io): Promise<void> {
  const { loadTensorFlow } = await import('@fin/runtime');
  const { notes } = await loadTensorFlow({ backend });
  for (const note of notes) io.stderr.write(`note: ${note}\n`);
}
