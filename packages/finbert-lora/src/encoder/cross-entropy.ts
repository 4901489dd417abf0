import { differentiable } from '@fin/kernels';
import { attr, castNative, hasNativeOps, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Weight of each class; the result is the weighted mean, as in `torch.nn.functional.cross_entropy`. @default all 1 */
  readonly classWeights?: readonly number[];
}

/**
 * Mean cross-entropy of logits and class indices, weighted by class, as `torch.nn.functional.cross_entropy`.
 *
 * @param logits [n, classes]
 * @param labels class index of each row
 * @returns a scalar, differentiable with respect to the logits
 * @throws BertInputError if labels or weights do not match the logits
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: ArrayLike<number>,
  { classWeights }: CrossEntropyOptions = {},
): tf.Scalar {
  const [n, classes] = logits.shape;
  if (labels.length !== n) throw new BertInputError(`${labels.length} labels for ${n} texts`);
  if (classWeights && classWeights.length !== classes) {
    throw new BertInputError(`${classWeights.length} class weights for ${classes} classes`);
  }
  const weights = Array.from(labels, (label) => {
    if (Number.isInteger(label) && label >= 0 && label < classes) return classWeights?.[label] ?? 1;
    throw new BertInputError(`label ${label} is none of the classes 0 to ${classes - 1}`);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = Float32Array.from(weights, (weight) => weight / total);
  return tf.tidy(() => (hasNativeOps() ? fused : composed)(logits, labels, shares));
}

/** TensorFlow's op, which computes the gradient in the same pass. */
function fused(logits: tf.Tensor2D, labels: ArrayLike<number>, shares: Float32Array): tf.Scalar {
  const wide = castNative(logits, 'float32');
  return differentiable({
    inputs: { logits: wide },
    forward: (save) => {
      const classes = tf.tensor1d(Int32Array.from(labels), 'int32');
      const attrs = { T: attr.type('float32'), Tlabels: attr.type('int32') };
      const [losses, gradient] = rawOp('SparseSoftmaxCrossEntropyWithLogits', [wide, classes], attrs, 2);
      save([gradient]);
      return tf.sum(tf.mul(losses, tf.tensor1d(shares)));
    },
    gradients: (dy, [gradient]) => ({
      logits: () => tf.mul(gradient, tf.mul(tf.tensor2d(shares, [shares.length, 1]), dy)),
    }),
  }) as tf.Scalar;
}

function composed(logits: tf.Tensor2D, labels: ArrayLike<number>, shares: Float32Array): tf.Scalar {
  const [n, classes] = logits.shape;
  const picked = new Float32Array(n * classes); // row i: its share, at its class
  for (const [i, share] of shares.entries()) picked[i * classes + labels[i]] = share;
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), tf.tensor2d(picked, [n, classes]))) as tf.Scalar);
}
