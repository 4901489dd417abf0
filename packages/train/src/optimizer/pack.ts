import * as tf from '@tensorflow/tfjs-core';

/** Lays tensors end to end in one vector; a single one is returned as it is, in its own shape. Copies in either case. */
export function packTensors(tensors: readonly tf.Tensor[]): tf.Tensor {
  if (tensors.length === 1) return tf.clone(tensors[0]);
  return tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
}

/** The reverse of {@link packTensors}. */
export function unpackTensor(packed: tf.Tensor, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  if (shapes.length === 1) return [tf.clone(packed)];
  return tf.tidy(() => {
    const sizes = shapes.map((shape) => tf.util.sizeFromShape([...shape]));
    return tf.split(packed, sizes).map((part, i) => tf.reshape(part, [...shapes[i]]));
  });
}
