import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from './types.js';

/**
 * Inverted dropout: each element becomes 0 with probability `rate`, the others are scaled by 1 / (1 - rate), so that the mean
 * stays. Differentiable. Which elements fall is decided by one draw from `stream`, alike on every backend.
 *
 * @param rate in [0, 1); 0 returns a copy and draws nothing
 */
export function dropout(x: tf.Tensor, rate: number, stream: RandomStream): tf.Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`a dropout rate must be in [0, 1), not ${rate}`);
  if (rate === 0) return tf.clone(x);
  return tf.tidy(() => {
    const keep = tf.greaterEqual(stream.uniform(x.shape), rate);
    const scale = tf.mul(tf.cast(keep, 'float32'), 1 / (1 - rate));
    return tf.mul(x, scale);
  });
}
