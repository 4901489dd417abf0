import * as tf from '@tensorflow/tfjs-core';
import { checkGelu } from '../inputs/gelu-inputs.js';

/** The twin of the fused GELU: ordinary ops, whose gradients tfjs derives. */
export function gelu<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | null = null): T {
  checkGelu(x, bias);
  return tf.tidy(() => {
    const v = bias ? tf.add(x, bias) : x;
    return tf.mul(v, tf.add(tf.mul(tf.erf(tf.mul(v, Math.SQRT1_2)), 0.5), 0.5));
  });
}
