import * as tf from '@tensorflow/tfjs-core';
import { nativeHandleId, nodeBackend } from '../backend/node-backend.js';
import { castAttrs } from '../dispatch/attributes.js';
import type { NativeDType } from '../dispatch/dtypes.js';
import { runtimeState } from '../state.js';
import { rawOp } from './raw-op.js';

/** The dtype in which a tensor is stored. Differs from `tensor.dtype` for dtypes that tfjs cannot name: bfloat16, float16, int8, … */
export function nativeDType(tensor: tf.Tensor): NativeDType {
  const backend = nodeBackend();
  const id = backend && nativeHandleId(backend, tensor.dataId);
  const handle = id === null ? undefined : runtimeState().handles?.get(id);
  return handle?.dtype ?? tensor.dtype;
}

/**
 * A copy of a tensor in any dtype of TensorFlow's, such as bfloat16. tfjs goes on taking it for float32 (or int32); reading it
 * gives float32 values. Differentiable between floating dtypes: the gradient comes back in the dtype of `x`.
 *
 * @throws RawOpError when the current backend is not the native one and the dtype is not the tensor's own
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
