import * as tf from '@tensorflow/tfjs-core';
import { sumToShape } from './sum-to-shape.js';

/** Gradient of `squaredDifference`. tfjs's own fails where an operand is broadcast. */
export const squaredDifferenceGradient: tf.GradConfig = {
  kernelName: 'SquaredDifference',
  inputsToSave: ['a', 'b'],
  gradFunc: (upstream, saved) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const slope = () => tf.mul(upstream as tf.Tensor, tf.mul(tf.sub(a, b), 2));
    return { a: () => sumToShape(slope(), a.shape), b: () => sumToShape(tf.neg(slope()), b.shape) };
  },
};
