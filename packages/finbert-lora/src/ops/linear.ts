import * as tf from '@tensorflow/tfjs-core';
import { columnSums } from './column-sums.js';
import { differentiable } from './differentiable.js';

/**
 * `x weightᵀ + bias`, as `torch.nn.functional.linear`.
 *
 * @param x [rows, in]
 * @param weight [out, in]; `x` is kept for its gradient only where it is trainable
 * @param bias [out]
 */
export function linear(x: tf.Tensor2D, weight: tf.Variable, bias: tf.Variable): tf.Tensor2D {
  return differentiable({
    inputs: { x, weight, bias },
    forward: (save) => {
      if (weight.trainable) save([x]);
      return tf.add(tf.matMul(x, weight as tf.Tensor2D, false, true), bias);
    },
    gradients: (dy, [savedX]) => ({
      x: () => tf.matMul(dy as tf.Tensor2D, weight as tf.Tensor2D),
      weight: () => tf.matMul(dy as tf.Tensor2D, savedX as tf.Tensor2D, true, false),
      bias: () => columnSums(dy as tf.Tensor2D),
    }),
  }) as tf.Tensor2D;
}
