import { z } from 'zod';
import type { JobName, VariantName } from '../variants.js';
import { jobNames, variantNames } from '../variants.js';

/** What one training and the inference after it cost, and how accurate the model is. A line of `measurements.jsonl`. */
export interface Measurement {
  readonly job: JobName;
  readonly variant: VariantName;
  /** Seed of the training. */
  readonly seed: number;
  /** Index of the repeat with this seed, from 0. */
  readonly repeat: number;
  readonly training: TrainingCost;
  readonly checkpoint: {
    /** Size of the files that must be kept to have the model again, without the pretrained model that adapters are for. */
    readonly bytes: number;
    readonly files: number;
  };
  readonly trainableParameters: number;
  /** Number of parameters, frozen ones and adapters included. */
  readonly parameters: number;
  readonly latency: readonly Latency[];
  /** Losses of each epoch that was trained to its end. */
  readonly epochs: readonly EpochLosses[];
  /** Scores on the test part. Null for a measurement of cost alone. */
  readonly scores: Scores | null;
  /** Duration of the measurement. */
  readonly seconds: number;
}

/** Cost of training. */
export interface TrainingCost {
  /** Timed updates. The first updates of the process fill caches and are left out. */
  readonly updates: number;
  readonly updatesPerEpoch: number;
  /** Mean duration of an update times the updates of an epoch. */
  readonly epochSeconds: number;
  /** Headlines or sentences trained on per second. */
  readonly headlinesPerSecond: number;
  /** Real tokens trained on per second, special tokens included; there is no padding. */
  readonly tokensPerSecond: number;
  /** Processor time (user and system) over wall time and number of processors, 0 to 1. */
  readonly utilization: number;
  /** Peak resident memory of the process up to the end of the first epoch's updates. */
  readonly peakMemoryBytes: number;
  /** Peak of all native tensors during the updates of the first epoch. Null without native TensorFlow. */
  readonly peakTensorBytes: number | null;
  /** Memory of all weights as they are stored, frozen ones included, without packed copies. Null in runs of earlier versions. */
  readonly weightBytes: number | null;
  /** Memory of the optimizer's state. Null in runs of earlier versions. */
  readonly optimizerBytes: number | null;
  /** What nvidia-smi reported during the updates. Null where there is none. */
  readonly gpu: GpuCost | null;
}

/** Mean losses of an epoch. */
export interface EpochLosses {
  /** From 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  /** Null when the epoch was not evaluated. */
  readonly validationLoss: number | null;
}

/** Cost on a GPU. */
export interface GpuCost {
  /** Mean share of the time in which a kernel ran, 0 to 1. */
  readonly utilization: number;
  /** Peak memory in use on the device. */
  readonly peakMemoryBytes: number;
}

/** Duration of inference calls, from texts to numbers on the host. */
export interface Latency {
  /** Sentences or decision days per call. */
  readonly batchSize: number;
  /** Whether adapters were merged into the weights. Always true for a model that was trained in full. */
  readonly merged: boolean;
  /** The first call with this batch size after the checkpoint was loaded in a fresh process, ms. */
  readonly coldMs: number;
  /** Median of the calls after it, ms. */
  readonly p50Ms: number;
  /** 95th percentile of the calls after it, ms. */
  readonly p95Ms: number;
  /** Number of these calls. */
  readonly calls: number;
}

/** Scores on the test part; null where a score is not one of the job, or undefined. */
export interface Scores {
  /** Root mean squared error, index points. */
  readonly rmse: number | null;
  /** Mean absolute error, index points. */
  readonly mae: number | null;
  /** Mean absolute percentage error, as a fraction. */
  readonly mape: number | null;
  /** Share of days whose direction was forecast correctly. */
  readonly directionalAccuracy: number | null;
  /** Share of sentences that were classified correctly. */
  readonly accuracy: number | null;
  /** Unweighted mean of the classes' F1. */
  readonly macroF1: number | null;
}

/** Names of {@link Scores}. */
export const scoreNames = ['rmse', 'mae', 'mape', 'directionalAccuracy', 'accuracy', 'macroF1'] as const;

const count = z.int().min(0);
const amount = z.number().min(0);
const score = z.number().nullable();

export const scoresSchema: z.ZodType<Scores> = z.object({
  rmse: score,
  mae: score,
  mape: score,
  directionalAccuracy: score,
  accuracy: score,
  macroF1: score,
});

const trainingSchema: z.ZodType<TrainingCost> = z.object({
  updates: count,
  updatesPerEpoch: count,
  epochSeconds: amount,
  headlinesPerSecond: amount,
  tokensPerSecond: amount,
  utilization: amount,
  peakMemoryBytes: count,
  peakTensorBytes: count.nullable(),
  weightBytes: count.nullable().default(null),
  optimizerBytes: count.nullable().default(null),
  gpu: z.object({ utilization: amount, peakMemoryBytes: count }).nullable(),
});

export const latencySchema: z.ZodType<Latency> = z.object({
  batchSize: count,
  merged: z.boolean(),
  coldMs: amount,
  p50Ms: amount,
  p95Ms: amount,
  calls: count,
});

/** Schema of a line of `measurements.jsonl`. */
export const measurementSchema: z.ZodType<Measurement> = z.object({
  job: z.enum(jobNames),
  variant: z.enum(variantNames),
  seed: count,
  repeat: count,
  training: trainingSchema,
  checkpoint: z.object({ bytes: count, files: count }),
  trainableParameters: count,
  parameters: count,
  latency: z.array(latencySchema),
  epochs: z.array(z.object({ epoch: count, trainLoss: z.number(), validationLoss: z.number().nullable() })),
  scores: scoresSchema.nullable(),
  seconds: amount,
});
