import { createRequire } from 'node:module';
import { env } from 'node:process';
import * as tf from '@tensorflow/tfjs-core';
import { wrapBinding } from '../dispatch/wrap-binding.js';
import { findInstallation } from '../install/index.js';
import { runtimeState } from '../state.js';
import { loadTfjsNode } from './load-tfjs-node.js';
import type { NativeBinding } from './native-binding.js';
import type { NodeBackend } from './node-backend.js';
import type { LoadedTensorFlow } from './types.js';

/** Above wasm (2) and cpu (1), as tfjs-node registers itself. */
const PRIORITY = 3;

/** What to say where there is nothing to load. */
export const NOT_INSTALLED = 'no native TensorFlow is installed: run `npx fin-runtime install`.';

/**
 * Loads libtensorflow and registers tfjs-node's backend over it, with the dispatch chain in between.
 *
 * A backend `tensorflow` that is registered already (the user's program imported tfjs-node itself) is taken over as it is: two
 * TensorFlow libraries in one process would not go well.
 */
export async function loadNative(): Promise<Pick<LoadedTensorFlow, 'version' | 'native'>> {
  const state = runtimeState();
  const present = tf.findBackend('tensorflow') as NodeBackend | null;
  if (present) {
    if (!state.handles) present.binding = wrapBinding(present.binding);
    return { version: present.binding.TF_Version, native: present.binding };
  }
  const installation = await findInstallation();
  if (!installation) throw new Error(NOT_INSTALLED);
  setLibraryDefaults();
  const binding = loadAddon(installation.bindingPath);
  const { NodeJSKernelBackend } = loadTfjsNode(installation.tfjsNodeDir);
  const wrapped = wrapBinding(binding);
  tf.registerBackend(
    'tensorflow',
    () => new NodeJSKernelBackend(wrapped, '@tensorflow/tfjs-node-gpu'),
    PRIORITY,
  );
  return { version: binding.TF_Version, native: wrapped };
}

/** Settings that the library reads while it is loaded, each unless the user has set it. */
function setLibraryDefaults(): void {
  // Its start-up messages are not for the user.
  env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // oneDNN's kernels are off by default on machines without AVX-512, where they were measured to be faster too.
  env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // Take GPU memory as it is needed, not all of it at once: the GPU may be shared.
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
}

function loadAddon(path: string): NativeBinding {
  try {
    return createRequire(import.meta.url)(path) as NativeBinding;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the native TensorFlow that is installed does not load (${reason}). Run \`npx fin-runtime install\` again; ` +
        'the backends wasm and cpu work without it.',
      { cause: error },
    );
  }
}
