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
  const share = new Float32Array(n * classes); // row i: its weight over the sum of weights, at its class
  const weights = Array.from(labels, (label) => {
    if (Number.isInteger(label) && label >= 0 && label < classes) return classWeights?.[label] ?? 1;
    throw new BertInputError(`label ${label} is none of the classes 0 to ${classes - 1}`);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, i) => {
    share[i * classes + labels[i]] = weight / total;
  });
  return tf.tidy(() => {
    const picked = tf.mul(tf.logSoftmax(logits), tf.tensor2d(share, [n, classes]));
    return tf.neg(tf.sum(picked) as tf.Scalar);
  });
}
