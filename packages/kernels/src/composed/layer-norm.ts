import { dropout } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LayerNormOptions } from '../inputs/layer-norm-inputs.js';
import { layerNormInputs } from '../inputs/layer-norm-inputs.js';

/** The twin of the fused layer norm: ordinary ops, whose gradients tfjs derives. */
export function layerNorm(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: LayerNormOptions = {},
): tf.Tensor2D {
  const { residual, bias, eps, dropout: drop } = layerNormInputs(x, gamma, beta, options);
  return tf.tidy(() => {
    const biased = bias ? tf.add<tf.Tensor2D>(x, bias) : x;
    const dropped = drop && drop.rate > 0 ? dropout(biased, drop.rate, drop.stream) : biased;
    const z = residual ? tf.add<tf.Tensor2D>(dropped, residual) : dropped;
    const centred = tf.sub(z, tf.mean(z, 1, true));
    const variance = tf.mean(tf.square(centred), 1, true); // [rows, 1]
    const normalized = tf.mul(centred, tf.rsqrt(tf.add(variance, eps)));
    return tf.add(tf.mul(normalized, gamma), beta);
  });
}
