import * as tf from '@tensorflow/tfjs-core';

/** `positive - negative`. @param sentiment [days, 3] @returns [days, 1] */
export function scoreOf(sentiment: tf.Tensor2D): tf.Tensor2D {
  return tf.sub(tf.slice(sentiment, [0, 0], [-1, 1]), tf.slice(sentiment, [0, 1], [-1, 1]));
}
