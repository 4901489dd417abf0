import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import {
  add,
  cast,
  div,
  equal,
  expandDims,
  floorDiv,
  max,
  mean,
  min,
  mul,
  reshape,
  slice,
  split,
  square,
  squeeze,
  sub,
  sum,
  transpose,
} from '@tensorflow/tfjs-core';

type ChainedOp = (tensor: tf.Tensor, ...rest: unknown[]) => unknown;

/** Ops whose method form tfjs's own code calls. */
const CHAINED = {
  add,
  cast,
  div,
  equal,
  expandDims,
  floorDiv,
  max,
  mean,
  min,
  mul,
  reshape,
  slice,
  split,
  square,
  squeeze,
  sub,
  sum,
  toFloat: (x: tf.Tensor) => cast(x, 'float32'),
  toInt: (x: tf.Tensor) => cast(x, 'int32'),
  transpose,
};

/**
 * Defines the methods that some kernels and gradients of tfjs call on tensors (`x.reshape(…)` in the gradient of `prod`, `x.sub(…)`
 * in tfjs-node's Prelu) and that only the union package `@tensorflow/tfjs` would define: without them those end in "x.sub is not a
 * function". Methods that are there stay. Nothing of ours uses them.
 */
export function addChainedMethods(): void {
  for (const [name, op] of Object.entries(CHAINED) as [string, ChainedOp][]) {
    if (name in tf.Tensor.prototype) continue;
    const value = function (this: tf.Tensor, ...rest: unknown[]): unknown {
      return op(this, ...rest);
    };
    Object.defineProperty(tf.Tensor.prototype, name, { value, writable: true, configurable: true });
  }
}

/**
 * Gives tfjs its gradients. tfjs-core's own Node entry leaves them out, and the module that registers them
 * (`dist/register_all_gradients.js`) is ESM in a package that Node takes for CommonJS. tfjs-layers carries them in its bundle and
 * registers them, in tfjs's process-wide registry, when it is loaded; nothing else of it is used here.
 */
