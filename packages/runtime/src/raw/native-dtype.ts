import * as tf from '@tensorflow/tfjs-core';
import { nativeHandleId, nodeBackend } from '../backend/node-backend.js';
import { castAttrs } from '../dispatch/attributes.js';
import type { NativeDType } from '../dispatch/dtypes.js';
import { runtimeState } from '../state.js';
import { rawOp } from './raw-op.js';

/**
 * Dtype in which a tensor is stored. It differs from `tensor.dtype` for dtypes that tfjs cannot name: bfloat16, float16, int8, …
 */
export function nativeDType(tensor: tf.Tensor): NativeDType {
  const backend = nodeBackend();
  const id = backend && nativeHandleId(backend, tensor.dataId);
  const handle = id === null ? undefined : runtimeState().handles?.get(id);
  return handle?.dtype ?? tensor.dtype;
}

/**
 * Copies a tensor into any dtype of TensorFlow, such as bfloat16. tfjs shows the copy as float32 (or int32), and reading it
 * returns such values. Differentiable between floating dtypes; the gradient has the dtype of `x`.
 *
 * @returns a tensor with the shape of `x`
 * @throws RawOpError if the dtype is not that of `x` and the current backend is not the native one
 */
export function castNative<T extends tf.Tensor>(x: T, dtype: NativeDType): T {
  if (nativeDType(x) === dtype) return tf.clone(x);
  const differentiable = tf.customGrad((input) => {
    const { dtype: source, value } = castOnce(input as tf.Tensor, dtype);
    return { value, gradFunc: (dy: tf.Tensor) => castOnce(dy, source).value };
  });
  return differentiable(x) as T;
}

function castOnce(x: tf.Tensor, dtype: NativeDType): { dtype: NativeDType; value: tf.Tensor } {
  const source = nativeDType(x);
  return { dtype: source, value: rawOp('Cast', [x], castAttrs(source, dtype))[0]! };
}
