import type { Module, RandomStream, RandomStreams } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import type { Schedule } from '../schedule/schedule.js';
import type { EarlyStoppingOptions } from './early-stopping.js';
import type { FitEvent, Metrics } from './fit-events.js';
import type { GradientScaler } from './gradient-scaler.js';
import type { TrainingData } from './training-data.js';

/** What a loss function is told besides the batch. */
export interface LossContext {
  /** Updates done before this one. */
  readonly step: number;
  /** Of this batch, from 0. */
  readonly epoch: number;
  /** For dropout: a stream of this batch's own, the same whenever this batch is trained on again, as after a resume. */
  readonly dropout: RandomStream;
}

/** What an evaluation is told. */
export interface EvaluationContext {
  /** Updates done. */
  readonly step: number;
  /** Epochs done, with fractions. */
  readonly epoch: number;
}

/** A training run. */
export interface FitOptions<Batch> {
  /** What the optimizer trains is a part of it. */
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly data: TrainingData<Batch>;
  /** Examples of one batch; the last one of an epoch may have fewer. */
  readonly batchSize: number;
  /** Mean loss over the batch's examples, computed without waiting for anything. */
  readonly loss: (batch: Batch, context: LossContext) => tf.Scalar;
  /** Passes over the data. @default no limit; give `maxSteps` then */
  readonly epochs?: number;
  /** Ends the run after this many updates at the latest. @default no limit */
  readonly maxSteps?: number;
  /** Its stream `shuffle` orders each epoch, its stream `dropout` feeds the loss function. */
  readonly random: RandomStreams;
  /** Whether each epoch goes through the data in an order of its own. @default true */
  readonly shuffle?: boolean;
  /** Batches per update; the gradient is that of all their examples in one batch. @default 1 */
  readonly gradientAccumulationSteps?: number;
  /** Makes the learning-rate schedule, given how long the run is. @default constant */
  readonly schedule?: (run: { readonly totalSteps: number }) => Schedule;
  /** Clips the norm of all gradients together. @default no clipping */
  readonly maxGradNorm?: number;
  /**
   * For gradients in float16: the loss is scaled, the gradients are unscaled before clipping, and an update whose gradients are
   * not all finite changes no weight, though it counts as one. Its state goes into checkpoints. @default no scaling
   */
  readonly gradientScaler?: GradientScaler;
  /**
   * Keeps an exponential moving average of the weights, of which this part stays at each update, such as 0.999. Evaluations see
   * the average, and the model has it at the end. @default no average
   */
  readonly averageDecay?: number;
  /** Measures the model. @default nothing is measured */
  readonly evaluate?: (context: EvaluationContext) => Metrics | Promise<Metrics>;
  /** Updates between evaluations; there is always one at the end. @default one epoch */
  readonly evaluateEvery?: number;
  /** Compares evaluations: keeps the best weights, ends the run when they no longer improve. @default neither */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Updates between reads of the loss. @default 10 */
  readonly logEvery?: number;
  /** Called in between; what it throws ends the run. */
  readonly onEvent?: (event: FitEvent) => void;
  /** Writes checkpoints, and goes on from one. @default neither */
  readonly checkpoints?: CheckpointOptions;
  /** Ends the run between two updates, without an error, and with a checkpoint where there are any. */
  readonly signal?: AbortSignal;
}
