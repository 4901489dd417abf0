import { attr, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import { composedDynamicInt8Linear, dynamicInt8Linear, isDynamicInt8 } from './low-bit/dynamic-int8.js';

/**
 * `x weightᵀ + bias`, as `torch.nn.functional.linear`. Composed of TensorFlow's ops, but for weights in int8.
 *
 * Pass no bias if `gelu` or `layerNorm` follows: they take it as an option and add it in the same pass.
 *
 * @param x [rows, in]; saved for the backward pass only if the weight is trainable
 * @param weight [out, in]; one by `dynamicInt8Tensor` is multiplied in int8
 * @param bias [out]
 * @returns [rows, out]
 * @throws KernelInputError if a gradient is being recorded, and the weight is for inference alone
 */
export function linear(x: tf.Tensor2D, weight: tf.Variable, bias: tf.Variable | null = null): tf.Tensor2D {
  if (isDynamicInt8(weight)) return dynamicInt8Linear(x, weight, bias);
  return differentiable({
    inputs: { x, weight, ...(bias && { bias }) },
    forward: (save) => {
      if (weight.trainable) save([x]);
      const product: tf.Tensor2D = tf.matMul(x, weight as tf.Tensor2D, false, true);
      return bias ? tf.add(product, bias) : product;
    },
    gradients: (dy, [savedX]) => ({
      x: () => tf.matMul(dy as tf.Tensor2D, weight as tf.Tensor2D),
      weight: () => tf.matMul(dy as tf.Tensor2D, savedX as tf.Tensor2D, true, false),
      bias: () => columnSums(dy as tf.Tensor2D),
    }),
  }) as tf.Tensor2D;
}

/** Composed twin of {@link linear}. */
export function composedLinear(
  x: tf.Tensor2D,
  weight: tf.Variable,
  bias: tf.Variable | null = null,
): tf.Tensor2D {
  return isDynamicInt8(weight) ? composedDynamicInt8Linear(x, weight, bias) : linear(x, weight, bias);
}

/**
 * `x + bias`, row by row.
 *
 * @param x [..., columns]
 * @param bias [columns]
 */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T {
  return differentiable({
    inputs: { x, bias },
    forward: () => tf.add(x, bias),
    gradients: (dy) => ({ x: () => tf.clone(dy), bias: () => biasGradient(dy) }),
  }) as T;
}

/** The gradient of a bias that was added to each row: [..., columns] -> [columns]. */
export function biasGradient(dy: tf.Tensor): tf.Tensor1D {
  const columns = dy.shape.at(-1)!;
  if (dy.size === 0) return tf.zeros([columns]);
  return columnSums(dy.rank === 2 ? (dy as tf.Tensor2D) : tf.reshape(dy, [-1, columns]));
}

/** Sum over the rows of a matrix: [rows, columns] -> [columns]. */
export function columnSums(x: tf.Tensor2D): tf.Tensor1D {
  if (!hasNativeOps()) return tf.sum(x, 0);
  // Twice as fast as TensorFlow's Sum along that axis.
  return rawOp('BiasAddGrad', [x], { T: attr.type(nativeDType(x)) })[0] as tf.Tensor1D;
}
