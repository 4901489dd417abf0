import type { ProcessGroup } from '@fin/parallel';
import type { Module, RandomStream, RandomStreams } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import type { Schedule } from '../schedules.js';
import type { EarlyStoppingOptions } from './early-stopping.js';
import type { FitEvent, Metrics } from './fit-events.js';

/** A batch's position in the run: the same whenever the batch is trained on again, as after a resume. */
export interface BatchPlace {
  /** Updates before the batch's update. */
  readonly step: number;
  /** Index of the batch within its update; always 0 without gradient accumulation. */
  readonly part: number;
  /** Examples of the whole batch, of which this process may have to make only a share, if there is a {@link FitOptions.group}. */
  readonly whole: Int32Array;
  /** Position of the first example of the share in `whole`; the others follow it. */
  readonly first: number;
}

/** Training examples. */
export interface TrainingData<Batch> {
  /** Number of examples. */
  readonly size: number;
  /**
   * Makes the batch with these examples. Called one batch ahead, so that a batch that is read or computed asynchronously is ready in time.
   * The loop takes ownership of the tensors in the result (itself, or in arrays and plain objects) and disposes them after the step:
   * return `tf.clone` of tensors that you keep.
   *
   * @param place position in the run: derive the batch's random numbers from it, so that a resumed run draws the same ones, and every
   *   process those that the example has in the whole batch
   */
  batch(indices: Int32Array, place: BatchPlace): Batch | Promise<Batch>;
}

/** Second argument of a loss function. */
export interface LossContext {
  /** Updates so far. */
  readonly step: number;
  /** Index of the epoch, from 0. */
  readonly epoch: number;
  /** Random stream for dropout, one per batch; the same whenever the batch is trained on again, as after a resume. */
  readonly dropout: RandomStream;
}

/** A loss that is not the plain mean over the batch's examples, such as a mean over tokens or one with class weights. */
export interface WeightedLoss {
  /** The weighted mean: the weighted sum divided by {@link weight}. */
  readonly loss: tf.Scalar;
  /**
   * The divisor of that mean: the sum of the weights in the batch (or its number of tokens); 0 or more. A number, or a scalar that does
   * not depend on the parameters. With gradient accumulation the loop needs it to divide by the total of all batches of an update.
   */
  readonly weight: number | tf.Scalar;
}

/** Argument of an evaluation. */
export interface EvaluationContext {
  /** Updates so far. */
  readonly step: number;
  /** Epochs so far, with fractions. */
  readonly epoch: number;
}

/**
 * Scales losses so that float16 gradients do not underflow, and adapts the scale: the interface that the loop uses. `GradScaler` of
 * `@fin/amp` implements it.
 */
export interface GradientScaler {
  /** If false, nothing is scaled. */
  readonly enabled: boolean;
  /** The loss times the scale. */
  scale<T extends tf.Tensor>(loss: T): T;
  /** New tensors divided by the scale; the caller owns these and the given ones. */
  unscale(optimizer: object, gradients: readonly tf.Tensor[]): readonly tf.Tensor[];
  /** Calls `apply` with these unscaled gradients unless one is not finite. @returns whether it did */
  step(
    optimizer: object,
    gradients: readonly tf.Tensor[],
    apply: (gradients: readonly tf.Tensor[]) => void,
  ): boolean;
  /** Ends an update and adapts the scale: a skipped update lowers it, enough good updates raise it. */
  update(): void;
  getScale(): number;
  /** Plain data. */
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}

/** Settings of a training run. */
export interface FitOptions<Batch> {
  /** The model; the optimizer's parameters must be part of it. */
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly data: TrainingData<Batch>;
  /** Examples per batch; the last batch of an epoch may have fewer. */
  readonly batchSize: number;
  /**
   * Mean loss over the batch's examples, computed synchronously. For a mean over anything else (tokens, class weights), return
   * its divisor too, see {@link WeightedLoss}.
   */
  readonly loss: (batch: Batch, context: LossContext) => tf.Scalar | WeightedLoss;
  /** Maximum number of passes over the data. @default no limit, and `maxSteps` is required */
  readonly epochs?: number;
  /** Maximum number of updates. @default no limit */
  readonly maxSteps?: number;
  /** Random streams: `shuffle` orders the epochs, `dropout` is passed to the loss function. */
  readonly random: RandomStreams;
  /** Whether to shuffle the examples anew in each epoch. @default true */
  readonly shuffle?: boolean;
  /** Batches per update; the gradient is the same as for all their examples in one batch. @default 1 */
  readonly gradientAccumulationSteps?: number;
  /** Makes the learning rate schedule for the length of the run. @default constant */
  readonly schedule?: (run: { readonly totalSteps: number }) => Schedule;
  /** Clips the common norm of all gradients. @default no clipping */
  readonly maxGradNorm?: number;
  /**
   * Gradient scaler for float16: scales the loss and unscales the gradients before clipping. An update with a non-finite gradient changes
   * no weight but counts as an update. The scaler's state goes into checkpoints. @default no scaling
   */
  readonly gradientScaler?: GradientScaler;
  /**
   * Decay of an exponential moving average of the weights, such as 0.999. Evaluations use the average, and the model has it at the end.
   * @default no average
   */
  readonly averageDecay?: number;
  /** Evaluates the model. @default no evaluation */
  readonly evaluate?: (context: EvaluationContext) => Metrics | Promise<Metrics>;
  /** Updates between evaluations; one always follows the last update. @default one epoch */
  readonly evaluateEvery?: number;
  /** Early stopping: compares evaluations, keeps the best weights, ends the run without improvement. @default none */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Updates between reads of the loss. @default 10 */
  readonly logEvery?: number;
  /** Called during the run; an error thrown here ends it. */
  readonly onEvent?: (event: FitEvent) => void;
  /** Writes checkpoints and resumes from them. @default none */
  readonly checkpoints?: CheckpointOptions;
  /** Ends the run between two updates without an error, after a checkpoint if checkpoints are on. With a group, on any process. */
  readonly signal?: AbortSignal;
  /**
   * Processes that train together, from `initProcessGroup` of `@fin/parallel`. All call `fit` with the same options. Each computes a share of
   * every batch, and their gradients and losses are added up, so the result is that of one process but for rounding. Rank 0 evaluates and
   * writes checkpoints. @default this process alone
   */
  readonly group?: ProcessGroup;
}
