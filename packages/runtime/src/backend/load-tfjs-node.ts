import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as util from 'node:util';
import { compileFunction } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import type { NativeBinding } from './native-binding.js';
import type { NodeBackend } from './node-backend.js';

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
