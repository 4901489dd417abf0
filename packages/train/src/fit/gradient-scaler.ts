import type * as tf from '@tensorflow/tfjs-core';

/**
 * Scales losses so that gradients in a short format do not vanish, and finds the scale: what the loop needs of one. The
 * `GradScaler` of `@fin/amp` is one.
 */
export interface GradientScaler {
  /** Without it nothing is scaled and every method passes through. */
  readonly enabled: boolean;
  /** The loss times the scale. */
  scale<T extends tf.Tensor>(loss: T): T;
  /** New tensors, divided by the scale; the given ones stay the caller's. */
  unscale(optimizer: object, gradients: readonly tf.Tensor[]): readonly tf.Tensor[];
  /** Calls `apply` with these unscaled gradients unless one of them is not finite. @returns whether it did */
  step(
    optimizer: object,
    gradients: readonly tf.Tensor[],
    apply: (gradients: readonly tf.Tensor[]) => void,
  ): boolean;
  /** Ends an update: a skipped one lowers the scale, enough good ones raise it. */
  update(): void;
  getScale(): number;
  /** Plain data. */
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}
