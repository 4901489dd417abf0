import * as tf from '@tensorflow/tfjs-core';
import type { HiddenAct } from '../config/bert-config.js';
import { gelu } from './gelu.js';

/** The activation functions that `hidden_act` names. */
export const ACTIVATIONS: Readonly<Record<HiddenAct, (x: tf.Tensor2D) => tf.Tensor2D>> = {
  gelu,
  gelu_new: geluByTanh,
  relu: tf.relu,
};

/** GELU by its tanh approximation, transformers' `gelu_new`. */
function geluByTanh(x: tf.Tensor2D): tf.Tensor2D {
  const cubic = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(cubic), 1));
}
