import * as tf from '@tensorflow/tfjs-core';

/**
 * Computes without recording: no gradient flows back through the results, nothing is kept for a backward pass, and what is
 * not returned is freed at once. For the part of a network below everything that is trained.
 */
export function offTheTape(compute: () => tf.Tensor2D): tf.Tensor2D {
  const constant = tf.customGrad(() => ({
    value: compute(),
    gradFunc: () => [],
  }));
  return constant() as tf.Tensor2D;
}
