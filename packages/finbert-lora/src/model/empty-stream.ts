import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Stands in for a random stream where every weight is about to be read from a file: drawing 110 million numbers to throw
 * them away takes longer than reading them.
 */
export const emptyStream: RandomStream = {
  name: 'empty',
  at: () => emptyStream,
  uniform: (shape) => tf.zeros([...shape]),
  normal: (shape) => tf.zeros([...shape]),
  floats: (n) => new Float32Array(n),
  permutation: (n) => Int32Array.from({ length: n }, (_, i) => i),
  state: () => ({ counter: 0 }),
  restore: () => {},
};
