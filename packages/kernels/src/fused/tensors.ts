import type { NativeDType } from '@fin/runtime';
import { castNative, nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { kernelsState } from '../state.js';

/** Dtypes in which the fused ops take activations; they compute in float32. */
export type StorageDType = 'float32' | 'bfloat16';

/**
 * The dtype in which an op over these tensors runs: the wider one where they differ, null where one is of another kind. Of
 * float16 there are no kernels: it runs in float32.
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
 * The tensor itself where it has the dtype, else a differentiable copy. A float16 tensor stays what it is, and is held so for the
 * backward pass: the dispatch chain widens it for the op's call, and counts that.
 */
export function inDType<T extends tf.Tensor>(tensor: T, dtype: NativeDType): T {
  const own = nativeDType(tensor);
  return own === dtype || own === 'float16' ? tensor : castNative(tensor, dtype);
}

/** What an op is given for an input that is not there: a vector without elements. Made once for each dtype. */
export function noTensor(dtype: 'float32' | 'int32'): tf.Tensor {
  const { none } = kernelsState();
  const known = none.get(dtype);
  if (known && !known.isDisposed) return known;
  const made = tf.keep(tf.tensor1d([], dtype));
  none.set(dtype, made);
  return made;
}

/** Whether a gradient with regard to this tensor may be asked for: not for a frozen variable. */
export function trains(tensor: tf.Tensor | null): boolean {
  return tensor !== null && !(tensor instanceof tf.Variable && !tensor.trainable);
}
