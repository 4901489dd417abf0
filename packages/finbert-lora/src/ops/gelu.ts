import { gelu as fusedGelu, hasKernel } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/**
 * Exact GELU, x Φ(x) with the normal distribution Φ by erf (Hendrycks and Gimpel, 2016), as BERT's `gelu`. Its derivative is
 * Φ(x) + x φ(x). One fused op where `@fin/kernels` is loaded.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  return hasKernel('FinGelu') ? fusedGelu(x) : geluByHand(x);
}

function geluByHand<T extends tf.Tensor>(x: T): T {
  return differentiable({
    inputs: { x },
    forward: (save) => {
      const distribution = tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
      save([x, distribution]);
      return tf.mul(x, distribution);
    },
    gradients: (dy, [input, distribution]) => ({
      x: () => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(input), -0.5)), INVERSE_SQRT_2PI);
        return tf.mul(dy, tf.add(distribution, tf.mul(input, density)));
      },
    }),
  }) as T;
}

/** The twin of {@link gelu} whose gradient tfjs derives. */
export function geluComposed<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5));
}
