import * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';

/**
 * Einstein summation of one or two tensors, missing from this backend: each operand is transposed and reshaped to the axes of
 * all labels, the product is summed over those that the result does not have. Right rather than fast; tfjs gives it no gradient.
 */
export const einsum: SuppliedKernel = {
  kernelName: 'Einsum',
  make: () => (args) => {
    const operands = Object.values(args.inputs) as tf.Tensor[];
    const { equation } = args.attrs as unknown as { equation: string };
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands);
    const resultRank = allDims.length - summedDims.length;
    return tf.tidy(() => {
      const product = operands
        .map((operand, i) => aligned(operand, idDims[i]!, allDims.length))
        .reduce((a, b) => tf.mul(a, b));
      const summed = Array.from({ length: summedDims.length }, (_, i) => resultRank + i);
      return summed.length > 0 ? tf.sum(product, summed) : product;
    });
  },
};

/** The operand with one axis for every label, in the labels' order and of size 1 where it lacks one. */
function aligned(operand: tf.Tensor, labels: readonly number[], rank: number): tf.Tensor {
  const order = labels.map((_, axis) => axis).sort((a, b) => labels[a]! - labels[b]!);
  const shape = new Array<number>(rank).fill(1);
  for (const [axis, label] of labels.entries()) shape[label] = operand.shape[axis]!;
  return tf.reshape(tf.transpose(operand, order), shape);
}
