import type { NativeDType } from '@fin/runtime';
import { castNative, nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { kernelsState } from './state.js';

/** Dtypes in which fused ops read and write activations; they compute in float32. */
export type StorageDType = 'float32' | 'bfloat16';

/**
 * The dtype in which a fused op over these tensors runs: the widest of theirs, or null if one is not a float. float16 counts as
 * float32, since there are no float16 kernels.
 */
export function storageDType(tensors: readonly (tf.Tensor | null)[]): StorageDType | null {
  let dtype: StorageDType = 'bfloat16';
  for (const tensor of tensors) {
    if (tensor === null) continue;
    const own = nativeDType(tensor);
    if (own === 'float32' || own === 'float16') dtype = 'float32';
    else if (own !== 'bfloat16') return null;
  }
  return dtype;
}

/**
 * The tensor itself if it has the dtype, else a differentiable cast. A float16 tensor is returned as it is, to be saved in half
 * the memory: the dispatch chain widens it for each op call.
 */
export function inDType<T extends tf.Tensor>(tensor: T, dtype: NativeDType): T {
  const own = nativeDType(tensor);
  return own === dtype || own === 'float16' ? tensor : castNative(tensor, dtype);
}

/** The tensor itself if its data are float32, else a copy that is. For ops with a list of inputs, which are all of one dtype. */
export const wide = (tensor: tf.Tensor): tf.Tensor =>
  nativeDType(tensor) === 'float32' ? tensor : castNative(tensor, 'float32');

/** An empty vector that stands for an absent input of a fused op. Created once per dtype. */
export function noTensor(dtype: 'float32' | 'int32'): tf.Tensor {
  const { none } = kernelsState();
  const known = none.get(dtype);
  if (known && !known.isDisposed) return known;
  const made = tf.keep(tf.tensor1d([], dtype));
  none.set(dtype, made);
  return made;
}

/** Whether the backward pass may ask for this tensor's gradient. False for frozen variables. */
export function trains(tensor: tf.Tensor | null): boolean {
  return tensor !== null && !(tensor instanceof tf.Variable && !tensor.trainable);
}
