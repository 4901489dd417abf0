import type { RandomStream, TensorOfShape } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

const zeros = <const S extends readonly number[]>(shape: S): TensorOfShape<S> =>
  tf.zeros<tf.Rank>(Array.from(shape)) as TensorOfShape<S>;

/**
 * A random stream of zeros, for weights that are about to be read from a file. Drawing 110 million numbers only to replace
 * them takes longer than reading them.
 */
export const emptyStream: RandomStream = {
  name: 'empty',
  at: () => emptyStream,
  uniform: zeros,
  normal: zeros,
  floats: (n) => new Float32Array(n),
  permutation: (n) => Int32Array.from({ length: n }, (_, i) => i),
  seed: () => new Int32Array(4),
  state: () => ({ counter: 0 }),
  restore: () => {},
};
