import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import * as util from 'node:util';
import { compileFunction } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { wrapBinding } from '../dispatch/wrap-binding.js';
import { findInstallation } from '../install/find-installation.js';
import { INSTALL_COMMANDS } from '../install/install-hint.js';
import { runtimeState } from '../state.js';
import type { NativeBinding } from './native-binding.js';
import type { NodeBackend } from './node-backend.js';
import { startUpLinesHidden } from './start-up-lines.js';
import type { LoadedTensorFlow } from './types.js';

/** Above wasm (2) and cpu (1), as tfjs-node registers itself. */
const PRIORITY = 3;

/** What to say where there is nothing to load. */
export const NOT_INSTALLED: string = `no native TensorFlow is installed: run ${INSTALL_COMMANDS}.`;

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
  // Who sets level 0 wants to see every line.
  const load = env.TF_CPP_MIN_LOG_LEVEL === '0' ? shown : await startUpLinesHidden();
  setLibraryDefaults();
  const binding = load(() => loadAddon(installation.bindingPath));
  const { NodeJSKernelBackend } = loadTfjsNode(installation.tfjsNodeDir);
  const wrapped = wrapBinding(binding);
  tf.registerBackend(
    'tensorflow',
    () => new NodeJSKernelBackend(wrapped, '@tensorflow/tfjs-node-gpu'),
    PRIORITY,
  );
  return { version: binding.TF_Version, native: wrapped };
}

/** Runs `load` as it is. */
function shown<T>(load: () => T): T {
  return load();
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
      `the native TensorFlow that is installed does not load (${reason}). Run ${INSTALL_COMMANDS} again; ` +
        'the backends wasm and cpu work without it.',
      { cause: error },
    );
  }
}

/** What this package takes from tfjs-node. */
interface TfjsNode {
  readonly NodeJSKernelBackend: new (binding: NativeBinding, packageName: string) => NodeBackend;
}

interface CommonJsModule {
  exports: unknown;
}

/**
 * Loads tfjs-node's backend class and registers its kernels from an unpacked `@tensorflow/tfjs-node-gpu`, of which nothing is
 * installed around it.
 *
 * Not by `require` of its `index.js`: that pulls in node-pre-gyp and all of `@tensorflow/tfjs`, and looks for its own addon.
 * The files wanted ask for three things that are not there, so they are compiled by a small CommonJS loader of our own which
 * answers for them: `@tensorflow/tfjs` is this package's tfjs-core (the kernels use nothing else of it), `util` is Node's with
 * the two functions that Node 23 removed, and the protocol buffers of the TensorBoard calls are left out. Nothing of Node's
 * own module system or modules is changed.
 */
export function loadTfjsNode(tfjsNodeDir: string): TfjsNode {
  const requireFromNode = createRequire(import.meta.url);
  const modules = new Map<string, CommonJsModule>();

  const load = (path: string): unknown => {
    const loaded = modules.get(path);
    if (loaded) return loaded.exports;
    const module: CommonJsModule = { exports: {} };
    modules.set(path, module);
    const parameters = ['exports', 'require', 'module', '__filename', '__dirname'];
    const body = compileFunction(readFileSync(path, 'utf8'), parameters, { filename: path });
    const require = (request: string) => resolve(request, dirname(path));
    body(module.exports, require, module, path, dirname(path));
    return module.exports;
  };

  const resolve = (request: string, folder: string): unknown => {
    if (request === '@tensorflow/tfjs' || request === '@tensorflow/tfjs-core') return tf;
    if (request === 'util') return UTIL;
    if (request === './proto/api_pb') return {};
    if (request.startsWith('.')) return load(`${join(folder, request)}.js`);
    return requireFromNode(`node:${request}`);
  };

  const dist = join(tfjsNodeDir, 'dist');
  const tfjsNode = load(join(dist, 'nodejs_kernel_backend.js')) as TfjsNode;
  load(join(dist, 'register_all_kernels.js'));
  return tfjsNode;
}

/** Node's `util` as it was before version 23. */
const UTIL: object = {
  ...util,
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
};
