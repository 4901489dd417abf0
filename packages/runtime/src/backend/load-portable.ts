import process from 'node:process';
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

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Makes wasm tfjs's backend. Its module would leave two listeners on the process that throw what they are told of, so that an
 * uncaught error of any part of the program ends it with exit code 7 and the module's own line of code; they are taken off.
 */
export async function startWasm(): Promise<boolean> {
  const before = EVENTS.map((event) => process.listeners(event as 'uncaughtException'));
  const started = await tf.setBackend('wasm');
  for (const [i, event] of EVENTS.entries()) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[i].includes(listener)) process.off(event, listener);
    }
  }
  return started;
}

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
