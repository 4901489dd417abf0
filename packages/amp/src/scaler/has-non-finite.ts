import * as tf from '@tensorflow/tfjs-core';

/** Whether any element of any tensor is infinite or not a number. Reads one value from the device. */
export function hasNonFinite(tensors: readonly tf.Tensor[]): boolean {
  if (tensors.length === 0) return false;
  const finite = tf.tidy(() => tf.all(tf.stack(tensors.map((tensor) => tf.all(tf.isFinite(tensor))))));
  try {
    return finite.dataSync()[0] === 0;
  } finally {
    finite.dispose();
  }
}
