import type * as tf from '@tensorflow/tfjs-core';

/** Parameters that are trained with the same settings. */
export interface ParameterGroup {
  /** By the module's own names, as `Module.namedParameters` gives them. */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  /** Decoupled weight decay. @default the optimizer's */
  readonly weightDecay?: number;
  /**
   * Learning rate; a rate given to an update changes all groups in proportion.
   * @default the optimizer's
   */
  readonly learningRate?: number;
}
