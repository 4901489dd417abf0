import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Gradients by the name of their tf variable, as `tf.variableGrads` returns them. */
export type NamedGradients = Readonly<Record<string, tf.Tensor>>;

/** Gradients concatenated into few tensors, in the layout of the optimizer that packed them. */
export type PackedGradients = readonly tf.Tensor[];

/** A tensor in host memory: numbers, or codes of 8 bits. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** State of an optimizer: everything that an exact resume needs. */
export interface OptimizerState {
  /** Numbers by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** Tensors by name, such as `exp_avg.classifier.weight`. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** The optimizer interface of the training loop. */
export interface Optimizer {
  /** Trained parameters, by the module's names. */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  /** All settings that affect updates, as plain data; a resumed run must have the same. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Base learning rate, which the schedule's factor multiplies. */
  readonly learningRate: number;
  /**
   * Concatenates gradients, so that adding, scaling, clipping and updating take few ops. The caller owns both the given and the returned
   * tensors.
   */
  pack(gradients: NamedGradients): PackedGradients;
  /** Names of the parameters with an infinite or NaN gradient, among those that the last {@link pack} concatenated. Reads from the device. */
  nonFinite(packed: PackedGradients): string[];
  /**
   * One update with gradients in the layout of the last {@link pack}.
   *
   * @param learningRate @default the optimizer's
   * @param gradientFactor scalar that the gradients are multiplied by, such as by clipping. @default 1
   */
  apply(packed: PackedGradients, learningRate?: number, gradientFactor?: tf.Scalar): void;
  /** Bytes of the state in memory, without the weights. */
  stateBytes(): number;
  /** Reads the state from the device. */
  readState(): Promise<OptimizerState>;
  /** @throws {TrainInputError} when the state belongs to other parameters */
  restoreState(state: OptimizerState): void;
  dispose(): void;
}

/** One update with gradients as they come. */
export function packAndApply(optimizer: Optimizer, gradients: NamedGradients, learningRate: number): void {
  const packed = optimizer.pack(gradients);
  try {
    optimizer.apply(packed, learningRate);
  } finally {
    tf.dispose(packed as tf.Tensor[]);
  }
}

/** Parameters that share settings. */
export interface ParameterGroup {
  /** Parameters by their names in `Module.namedParameters`. */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  /** Decoupled weight decay. @default the optimizer's */
  readonly weightDecay?: number;
  /** Learning rate; a schedule changes the rates of all groups in proportion. @default the optimizer's */
  readonly learningRate?: number;
}

/**
 * Splits a module's trainable parameters into two groups: tensors with two or more dimensions, which decay, and biases, norms and other
 * vectors, which do not.
 */
export function decayGroups(module: Module, weightDecay: number): ParameterGroup[] {
  const trainable = [...module.namedParameters()].filter(([, variable]) => variable.trainable);
  const decays = ([, variable]: [string, tf.Variable]) => variable.rank > 1;
  return [
    { parameters: new Map(trainable.filter(decays)), weightDecay },
    { parameters: new Map(trainable.filter((entry) => !decays(entry))), weightDecay: 0 },
  ].filter(({ parameters }) => parameters.size > 0);
}
