import type * as tf from '@tensorflow/tfjs-core';

/** Where a stream stands: how many draws were made from it. */
export interface RandomStreamState {
  readonly counter: number;
}

/** A named source of random numbers; see `randomStreams`. */
export interface RandomStream {
  readonly name: string;
  /**
   * The child stream at a position, such as a step or a layer: a pure function of this stream's key and `counter`, whatever was
   * drawn before. It starts at its own draw 0.
   */
  at(counter: number): RandomStream;
  /** float32 values, uniform in [min, max). Same bits on every backend. @default min 0, max 1 */
  uniform(shape: readonly number[], min?: number, max?: number): tf.Tensor;
  /** float32 values of a normal distribution. Same bits on every backend. @default mean 0, std 1 */
  normal(shape: readonly number[], mean?: number, std?: number): tf.Tensor;
  /** Host values, uniform in [0, 1). */
  floats(n: number): Float32Array;
  /** The numbers 0 … n-1 in random order. */
  permutation(n: number): Int32Array;
  /** How far this stream is; children have states of their own. */
  state(): RandomStreamState;
  restore(state: RandomStreamState): void;
}
