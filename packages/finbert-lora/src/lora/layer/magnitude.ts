import { columnSums, differentiable } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';

/** What DoRA needs of a layer. */
export interface MagnitudeInputs {
  /** [rows, out]: the output of layer and matrices together, with the bias unless that is null */
  readonly y: tf.Tensor2D;
  /** [out]; null if y has none */
  readonly bias: tf.Variable<tf.Rank.R1> | null;
  /** [out]: the learned length of each row of the weight */
  readonly magnitude: tf.Variable<tf.Rank.R1>;
}

/**
 * Gives each row of the weight its learned length: `(y - bias) · magnitude / norm + bias`.
 *
 * The norm counts as a constant in the backward pass, as the paper proposes (section 4.3) and PEFT does.
 *
 * @param norm gives [out]: the length that the rows have; called off the tape
 */
export function applyMagnitude(
  { y, bias, magnitude }: MagnitudeInputs,
  norm: () => tf.Tensor1D,
): tf.Tensor2D {
  return differentiable({
    inputs: { y, magnitude, ...(bias && { bias }) },
    forward: (save) => {
      const lengths = norm();
      const factor = tf.div<tf.Tensor1D>(magnitude, lengths);
      save(magnitude.trainable ? [factor, lengths, y] : [factor]);
      const scaled = tf.mul(y, factor);
      return bias ? tf.add(scaled, tf.mul(bias, tf.sub(1, factor))) : scaled;
    },
    gradients: (dy, [factor, lengths, savedY]) => ({
      y: () => tf.mul(dy, factor),
      bias: () => tf.mul(columnSums(dy as tf.Tensor2D), tf.sub(1, factor)),
      magnitude: () => tf.div(columnSums(tf.mul(dy, bias ? tf.sub(savedY, bias) : savedY)), lengths),
    }),
  }) as tf.Tensor2D;
}

/** Euclidean length of each row: [rows, columns] -> [rows]. */
export function rowNorms(weight: tf.Tensor2D): tf.Tensor1D {
  return tf.sqrt(tf.sum<tf.Tensor1D>(tf.square(weight), 1));
}
