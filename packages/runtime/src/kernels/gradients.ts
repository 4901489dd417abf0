import * as tf from '@tensorflow/tfjs-core';

/** Replaces gradients that tfjs gets wrong. Calling it again is harmless. */
export function supplyGradients(): void {
  for (const gradient of [batchMatMulGradient, squaredDifferenceGradient]) tf.registerGradient(gradient);
}

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * Gradient of `matMul`. tfjs's own fails if the leading dimensions of an operand are broadcast, as in [batch, time, in] times
 * [in, out].
 */
export const batchMatMulGradient: tf.GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (upstream, saved, attrs) => {
    const dy = upstream as tf.Tensor;
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const { transposeA, transposeB } = attrs as unknown as MatMulAttributes;
    return {
      a: () =>
        sumToShape(
          transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB),
          a.shape,
        ),
      b: () =>
        sumToShape(
          transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false),
          b.shape,
        ),
    };
  },
};

/** Gradient of `squaredDifference`. tfjs's own fails if an operand is broadcast. */
export const squaredDifferenceGradient: tf.GradConfig = {
  kernelName: 'SquaredDifference',
  inputsToSave: ['a', 'b'],
  gradFunc: (upstream, saved) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const slope = () => tf.mul(upstream as tf.Tensor, tf.mul(tf.sub(a, b), 2));
    return { a: () => sumToShape(slope(), a.shape), b: () => sumToShape(tf.neg(slope()), b.shape) };
  },
};

/** Gradient of a broadcast operand: sums over the repeated axes. */
export function sumToShape(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  if (tf.util.arraysEqual(gradient.shape, shape)) return gradient;
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  const summed = axes.length > 0 ? tf.sum(gradient, axes) : gradient;
  return tf.reshape(summed, shape);
}
