import type { AdamWSettings } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';

/** Running means of the gradient and of its square. */
export type Moments = {
  readonly expAvg: tf.Tensor;
  readonly expAvgSq: tf.Tensor;
};

/** Adam on one tensor, with its moments. */
export interface AdamSlot {
  /** Updates the moments and returns the new weights. The caller owns the given and the returned tensors. */
  update(weights: tf.Tensor, gradient: tf.Tensor, settings: AdamWSettings): tf.Tensor;
  /** Copies of the moments, owned by the caller. */
  moments(): Moments;
  dispose(): void;
}

/** Makes a slot with copies of the given moments. */
export type MakeAdamSlot = (moments: Moments) => AdamSlot;

/** Adam composed of tfjs ops, for any backend, in `torch.optim.AdamW`'s order of operations. */
export function composedAdam(initial: Moments): AdamSlot {
  const own = (tensor: tf.Tensor) => tf.keep(tf.clone(tensor));
  let moments: Moments = { expAvg: own(initial.expAvg), expAvgSq: own(initial.expAvgSq) };

  return {
    update(weights, gradient, settings) {
      const next = tf.tidy(() => step(weights, gradient, moments, settings));
      tf.dispose([moments.expAvg, moments.expAvgSq]);
      moments = { expAvg: tf.keep(next.expAvg), expAvgSq: tf.keep(next.expAvgSq) };
      return next.weights;
    },
    moments: () => ({ expAvg: tf.clone(moments.expAvg), expAvgSq: tf.clone(moments.expAvgSq) }),
    dispose: () => tf.dispose([moments.expAvg, moments.expAvgSq]),
  };
}

function step(
  weights: tf.Tensor,
  gradient: tf.Tensor,
  moments: Moments,
  { learningRate, beta1, beta2, eps, weightDecay, step }: AdamWSettings,
): Moments & { readonly weights: tf.Tensor } {
  const expAvg = tf.add(tf.mul(moments.expAvg, beta1), tf.mul(gradient, 1 - beta1));
  const expAvgSq = tf.add(tf.mul(moments.expAvgSq, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const stepSize = learningRate / (1 - beta1 ** step);
  const denominator = tf.add(tf.div(tf.sqrt(expAvgSq), Math.sqrt(1 - beta2 ** step)), eps);
  const decayed = weightDecay === 0 ? weights : tf.mul(weights, 1 - learningRate * weightDecay);
  return { weights: tf.sub(decayed, tf.mul(tf.div(expAvg, denominator), stepSize)), expAvg, expAvgSq };
}
