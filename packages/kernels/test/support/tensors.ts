import { randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Normal numbers, different for each name; the same for the same. */
export function normal<T extends tf.Tensor>(name: string, shape: number[], std = 1): T {
  return randomStreams(11).stream(name).normal(shape, 0, std) as T;
}

/** Values of tensors, which are disposed. */
export function read(...tensors: tf.Tensor[]): Float32Array[] {
  const values = tensors.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose(tensors);
  return values;
}

/** The gradients of f with regard to each input for the upstream gradient dy, and f's value. */
export function withGradients(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  dy: tf.Tensor,
): { value: Float32Array; gradients: Float32Array[] } {
  const { value, grads } = tf.valueAndGrads(f)([...inputs], dy);
  return { value: read(value)[0], gradients: read(...grads) };
}
