import { layerNorm as fusedLayerNorm, hasKernel } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { columnSums } from './column-sums.js';
import { differentiable } from './differentiable.js';

/**
 * Normalises each row to mean 0 and variance 1, then scales and shifts (Ba, Kiros and Hinton, 2016).
 *
 * The backward pass is written out: with x̂ the normalised row, σ its deviation and g = dy·weight,
 * dx = (g - mean(g) - x̂ mean(g x̂)) / σ. One fused op where `@fin/kernels` is loaded.
 *
 * @param x [rows, columns]
 * @param weight [columns]
 * @param bias [columns]
 */
export function layerNorm(
  x: tf.Tensor2D,
  weight: tf.Variable,
  bias: tf.Variable,
  epsilon: number,
): tf.Tensor2D {
  if (hasKernel('FinLayerNorm')) {
    return fusedLayerNorm(x, weight as tf.Tensor1D, bias as tf.Tensor1D, { eps: epsilon });
  }
  return differentiable({
    inputs: { x, weight, bias },
    forward: (save) => {
      const { normalized, inverseDeviation } = normalizeRows(x, epsilon);
      save([normalized, inverseDeviation]);
      return tf.add(tf.mul(normalized, weight), bias);
    },
    gradients: (dy, [normalized, inverseDeviation]) => ({
      x: () => {
        const g = tf.mul(dy, weight);
        const mean = tf.mean(g, 1, true); // [rows, 1]
        const projection = tf.mean(tf.mul(g, normalized), 1, true); // [rows, 1]
        return tf.mul(tf.sub(tf.sub(g, mean), tf.mul(normalized, projection)), inverseDeviation);
      },
      weight: () => columnSums(tf.mul(dy, normalized)),
      bias: () => columnSums(dy as tf.Tensor2D),
    }),
  }) as tf.Tensor2D;
}

/** The twin of {@link layerNorm} whose gradient tfjs derives. */
export function layerNormComposed(
  x: tf.Tensor2D,
  weight: tf.Tensor,
  bias: tf.Tensor,
  epsilon: number,
): tf.Tensor2D {
  return tf.add(tf.mul(normalizeRows(x, epsilon).normalized, weight), bias);
}

function normalizeRows(
  x: tf.Tensor2D,
  epsilon: number,
): { normalized: tf.Tensor2D; inverseDeviation: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const variance = tf.mean(tf.square(centred), 1, true); // [rows, 1]
  const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
  return { normalized: tf.mul(centred, inverseDeviation), inverseDeviation };
}
