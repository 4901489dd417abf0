import type { AdamWSettings } from '@fin/kernels';
import type * as tf from '@tensorflow/tfjs-core';
import type { Moments } from './adam-slot.js';

/** Parameters that share settings. */
export interface AdamBucket {
  readonly variables: readonly tf.Variable[];
  /** Of each variable, with its shape. */
  readonly moments: readonly Moments[];
}

/** Adam on all parameters that have a gradient, with their moments. */
export interface AdamEngine {
  /**
   * Updates moments and variables. The caller owns the given tensors.
   *
   * @param gradients of the variables of each bucket
   * @param settings one per bucket
   * @param gradientFactor scalar that the gradients are multiplied by
   */
  update(
    gradients: readonly (readonly tf.Tensor[])[],
    settings: readonly AdamWSettings[],
    gradientFactor: tf.Scalar | null,
  ): void;
  /** Copies of the moments by bucket and variable, owned by the caller. */
  moments(): Moments[][];
  dispose(): void;
}

/** Makes an engine with copies of the buckets' moments. */
export type MakeAdamEngine = (buckets: readonly AdamBucket[]) => AdamEngine;
