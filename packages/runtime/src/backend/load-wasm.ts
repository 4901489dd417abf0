import * as tf from '@tensorflow/tfjs-core';
import type { LoadedTensorFlow } from './types.js';

/**
 * Registers tfjs's WebAssembly backend (SIMD, XNNPACK). Under Node it reads its `.wasm` file from beside its own module, so no
 * path needs to be set; setting one would make it fetch that path as a URL, which fails for files.
 */
export async function loadWasm(): Promise<Pick<LoadedTensorFlow, 'version' | 'native'>> {
  await import('@tensorflow/tfjs-backend-wasm');
  return { version: tf.version_core, native: null };
}
