import process from 'node:process';
import * as tf from '@tensorflow/tfjs-core';
import type { LoadedTensorFlow } from './types.js';

/**
 * Registers tfjs's WebAssembly backend (SIMD, XNNPACK). In Node it finds its `.wasm` file next to its own module. Do not set a
 * path: it would be fetched as a URL, which fails for files.
 */
export async function loadWasm(): Promise<Pick<LoadedTensorFlow, 'version' | 'native'>> {
  await import('@tensorflow/tfjs-backend-wasm');
  return { version: tf.version_core, native: null };
}

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Makes wasm the current backend. Its module installs two process listeners that rethrow uncaught errors, which would end the
 * program with exit code 7 and a misleading line of code; they are removed.
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

/** Registers tfjs's plain JavaScript backend: the reference for tests, and by far the slowest. */
export async function loadCpu(): Promise<Pick<LoadedTensorFlow, 'version' | 'native'>> {
  await import('@tensorflow/tfjs-backend-cpu');
  hideInstallHint();
  return { version: tf.version_core, native: null };
}

/** This backend prints an advertisement for tfjs-node with its first tensor; this prevents it. */
function hideInstallHint(): void {
  const backend = tf.findBackend('cpu') as { firstUse?: boolean } | null;
  if (backend) backend.firstUse = false;
}
