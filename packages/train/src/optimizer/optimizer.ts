import type * as tf from '@tensorflow/tfjs-core';

/** Gradients by the name of their tf variable, as `tf.variableGrads` returns them. */
export type NamedGradients = Readonly<Record<string, tf.Tensor>>;

/** Gradients laid together in few tensors, in the layout of the optimizer that packed them. */
export type PackedGradients = readonly tf.Tensor[];

/** A float32 tensor in host memory. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Everything that an optimizer must be given back to go on exactly where it was. */
export interface OptimizerState {
  /** Numbers by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** Tensors by name, such as `exp_avg.classifier.weight`. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** What the training loop needs of an optimizer. */
export interface Optimizer {
  /** What it trains, by the module's own names. */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  /** Everything that decides its updates, as plain data: what a resumed run must have in common. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The learning rate that a schedule's factor multiplies. */
  readonly learningRate: number;
  /**
   * Lays gradients together, so that whatever is done to all of them (adding, scaling, clipping, the update) takes few ops.
   * The given tensors stay the caller's, the returned ones are the caller's too.
   */
  pack(gradients: NamedGradients): PackedGradients;
  /** One update by gradients that the last call of {@link pack} laid together. @param learningRate @default its own */
  apply(packed: PackedGradients, learningRate?: number): void;
  /** Reads the state from the device. */
  readState(): Promise<OptimizerState>;
  /** @throws {TrainInputError} when the state is of other parameters */
  restoreState(state: OptimizerState): void;
  dispose(): void;
}
