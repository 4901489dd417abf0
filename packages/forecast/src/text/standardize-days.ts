import type { StandardScaler } from '@fin/data';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Standardizes the sentiment of several days, so that a day without headlines is neutral.
 *
 * @param sentiment mean class probabilities of each day. float32 [days, 3]
 * @param present 1 for a day with headlines, else 0. float32 [days, 1]
 * @returns zeros for a day without headlines. float32 [days, 3]
 */
export function standardizeDays(
  sentiment: tf.Tensor2D,
  present: tf.Tensor2D,
  scaler: StandardScaler,
): tf.Tensor2D {
  const { center, scale } = scaler.toJSON();
  const scaled = tf.div(tf.sub(sentiment, tf.tensor1d([...center])), tf.tensor1d([...scale]));
  return tf.mul(present, scaled) as tf.Tensor2D;
}
