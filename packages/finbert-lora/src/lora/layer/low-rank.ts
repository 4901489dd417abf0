import { differentiable } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Down to the rank: `x aᵀ`.
 *
 * @param x [rows, in]; kept for the gradient of `a` only where that is trained
 * @param a [r, in]
 * @returns [rows, r]
 */
export function project(x: tf.Tensor2D, a: tf.Variable<tf.Rank.R2>): tf.Tensor2D {
  return differentiable({
    inputs: { x, a },
    forward: (save) => {
      if (a.trainable) save([x]);
      return tf.matMul(x, a as tf.Tensor2D, false, true);
    },
    gradients: (dy, [savedX]) => ({
      x: () => tf.matMul(dy as tf.Tensor2D, a as tf.Tensor2D),
      a: () => tf.matMul(dy as tf.Tensor2D, savedX as tf.Tensor2D, true, false),
    }),
  }) as tf.Tensor2D;
}

/**
 * Back up from the rank, on top of what the layer gives: `base + scale · low bᵀ`. The scaling is done where the rows are
 * short; of the wide tensors none is kept for the backward pass.
 *
 * @param base [rows, out]
 * @param low [rows, r]
 * @param b [out, r]
 */
export function addLowRank(
  base: tf.Tensor2D,
  low: tf.Tensor2D,
  b: tf.Variable<tf.Rank.R2>,
  scale: number,
): tf.Tensor2D {
  const scaled = (x: tf.Tensor2D): tf.Tensor2D => (scale === 1 ? x : tf.mul(x, scale));
  return differentiable({
    inputs: { base, low, b },
    forward: (save) => {
      const rows = scaled(low);
      if (b.trainable) save([rows]);
      return tf.add(base, tf.matMul(rows, b as tf.Tensor2D, false, true));
    },
    gradients: (dy, [savedRows]) => ({
      base: () => tf.clone(dy),
      low: () => scaled(tf.matMul(dy as tf.Tensor2D, b as tf.Tensor2D)),
      b: () => tf.matMul(dy as tf.Tensor2D, savedRows as tf.Tensor2D, true, false),
    }),
  }) as tf.Tensor2D;
}
