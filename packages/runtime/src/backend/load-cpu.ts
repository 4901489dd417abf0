import * as tf from '@tensorflow/tfjs-core';
import type { LoadedTensorFlow } from './types.js';

/** Registers tfjs's plain JavaScript backend: the reference the others are tested against, and the slowest by far. */
export async function loadCpu(): Promise<Pick<LoadedTensorFlow, 'version' | 'native'>> {
  await import('@tensorflow/tfjs-backend-cpu');
  hideInstallHint();
  return { version: tf.version_core, native: null };
}

/** On its first tensor this backend prints an advertisement for tfjs-node to the console. */
function hideInstallHint(): void {
  const backend = tf.findBackend('cpu') as { firstUse?: boolean } | null;
  if (backend) backend.firstUse = false;
}
