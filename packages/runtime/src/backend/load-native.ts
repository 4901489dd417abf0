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

/** tfjs prefers the backend with the highest priority: wasm has 2, cpu 1. tfjs-node uses 3 too. */
const PRIORITY = 3;

export const NOT_INSTALLED: string = `no native TensorFlow is installed: run ${INSTALL_COMMANDS}.`;

/**
 * Loads libtensorflow and registers tfjs-node's backend, with the dispatch chain between the two.
 *
 * If a backend `tensorflow` is registered already (the program imported tfjs-node itself), that one is used: two TensorFlow
 * libraries in one process would clash.
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
  // Level 0 asks for every line.
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

/** Runs `load` with all of its output. */
function shown<T>(load: () => T): T {
  return load();
}

/** Sets environment variables that the library reads while it loads, unless the user has set them. */
function setLibraryDefaults(): void {
  // Hides its informational messages.
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

/** The part of tfjs-node that this package uses. */
interface TfjsNode {
  readonly NodeJSKernelBackend: new (binding: NativeBinding, packageName: string) => NodeBackend;
}

interface CommonJsModule {
  exports: unknown;
}

/**
 * Loads tfjs-node's backend class and registers its kernels, from an unpacked `@tensorflow/tfjs-node-gpu` without its
 * dependencies.
 *
 * `require` of its `index.js` would load node-pre-gyp and all of `@tensorflow/tfjs`, and search for its own addon. The needed
 * files import three things that are not installed. So a small CommonJS loader compiles them and answers these imports:
 * `@tensorflow/tfjs` is tfjs-core (the kernels use nothing else), `util` is Node's with two functions that Node 23 removed, and
 * the protocol buffers for TensorBoard are left out. Node's own modules are not changed.
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
