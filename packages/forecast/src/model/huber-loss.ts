import * as tf from '@tensorflow/tfjs-core';

/**
 * Errors up to this size count squared, larger ones linearly. Otherwise a few days in the autumn of 2008 would dominate the
 * fit. Unit: standard deviations of the training days' log returns.
 */
const DELTA = 1;

/** Mean Huber loss of standardized returns (`torch.nn.HuberLoss`, delta 1). */
export function huberLoss(actual: tf.Tensor1D, predicted: tf.Tensor1D): tf.Scalar {
  return tf.losses.huberLoss(actual, predicted, undefined, DELTA, tf.Reduction.MEAN);
}

/** Mean Huber loss of values in host memory. */
export function huberLossOf(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - predicted[i]);
    sum += error <= DELTA ? 0.5 * error * error : DELTA * (error - 0.5 * DELTA);
  }
  return sum / actual.length;
}
