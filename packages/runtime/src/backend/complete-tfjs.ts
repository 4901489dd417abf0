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

/** Ops that tfjs's own code calls as methods of a tensor. */
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
 * Defines methods that some kernels and gradients of tfjs call on tensors, such as `x.reshape(…)` in the gradient of `prod`. Only
 * the package `@tensorflow/tfjs` would define them; without it these kernels fail with "x.sub is not a function". Existing
 * methods are kept. The fin packages do not call them.
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
 * Registers the gradients of tfjs. The Node build of tfjs-core leaves them out, and its module that registers them
 * (`dist/register_all_gradients.js`) cannot be imported: it is ESM in a package that Node treats as CommonJS. The bundle of
 * tfjs-layers registers them when it is loaded; nothing else of it is used.
 */
