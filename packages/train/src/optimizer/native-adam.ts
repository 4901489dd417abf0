import { adamW, adamWMoments } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamBucket, AdamEngine } from './adam-engine.js';
import type { Moments } from './adam-slot.js';

/** Adam as one op of @fin/kernels for all parameters. */
export function nativeAdam(buckets: readonly AdamBucket[]): AdamEngine {
  const variables = buckets.flatMap((bucket) => bucket.variables);
  const initial = buckets.flatMap((bucket) => bucket.moments);
  let moments = tf.keep(
    adamWMoments(
      initial.map(({ expAvg }) => expAvg),
      initial.map(({ expAvgSq }) => expAvgSq),
    ),
  );
  const total = moments.shape[1];

  return {
    update(gradients, settings, gradientFactor) {
      const updated = adamW({
        weights: variables,
        settings: buckets.flatMap((bucket, i) => bucket.variables.map(() => settings[i])),
        gradients: gradients.flat(),
        moments,
        gradientFactor: gradientFactor ?? undefined,
      });
      if (updated.moments !== moments) moments.dispose();
      moments = tf.keep(updated.moments);
      for (const [i, weights] of updated.weights.entries()) {
        variables[i].assign(weights);
        weights.dispose();
      }
    },
    moments() {
      let at = 0;
      return buckets.map((bucket) =>
        bucket.variables.map(({ shape, size }): Moments => {
          const [expAvg, expAvgSq] = [at, total + at].map((begin) => copy(moments, begin, size, shape));
          at += size;
          return { expAvg, expAvgSq };
        }),
      );
    },
    dispose: () => moments.dispose(),
  };
}

/** Elements of a tensor in memory of their own: the op changes the moments in place, and a slice may share their memory. */
function copy(tensor: tf.Tensor, begin: number, size: number, shape: number[]): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.reshape(tf.slice(tf.reshape(tensor, [-1]), begin, size), shape), 1));
}
