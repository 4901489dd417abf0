import type { Module } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';

/** Gradients by the name of their tf variable, as `tf.variableGrads` returns them. */
export type NamedGradients = Readonly<Record<string, tf.Tensor>>;

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
   * One update. The caller owns the gradients. A parameter without one stays as it is, with its state.
   *
   * @param learningRate groups with their own rate change in proportion. @default the optimizer's
   * @param gradientFactor scalar that the gradients are multiplied by, such as by clipping. @default 1
   */
  step(gradients: NamedGradients, learningRate?: number, gradientFactor?: tf.Scalar): void;
  /** Bytes of the state in memory, without the weights. */
  stateBytes(): number;
  /** Reads the state from the device. */
  readState(): Promise<OptimizerState>;
  /** @throws {TrainInputError} when the state belongs to other parameters */
  restoreState(state: OptimizerState): void;
  dispose(): void;
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
