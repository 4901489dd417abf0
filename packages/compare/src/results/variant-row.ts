import type { JobName, Variant } from '../variants.js';
import type { EpochLosses, Latency, Measurement, Scores } from './measurement.js';
import { scoreNames } from './measurement.js';

/** Bytes of a MB. */
const MB = 1e6;

/** A variant in one job: means over its measurements. */
export interface VariantRow extends Variant, Scores {
  readonly job: JobName;
  /** Number of measurements of cost. */
  readonly measurements: number;
  /** Number of seeds whose scores were measured; 0 when only cost was. */
  readonly scoredSeeds: number;
  /** Number of these seeds whose validation loss was lowest after the last epoch, so that longer training could score better. */
  readonly stillImproving: number;
  /** Training time per epoch, s. */
  readonly epochSeconds: number;
  /** Standard deviation of `epochSeconds` over the measurements; null for a single one. */
  readonly epochSecondsDeviation: number | null;
  /** Headlines or sentences trained on per second. */
  readonly headlinesPerSecond: number;
  /** Real tokens trained on per second. */
  readonly tokensPerSecond: number;
  /** Processor time over wall time and processors during training, 0 to 1. */
  readonly utilization: number;
  /** Peak resident memory of the training process, MB (1e6 bytes). */
  readonly peakMemoryMB: number;
  /** Peak of native tensors in training, MB; null without native TensorFlow. */
  readonly peakTensorMB: number | null;
  /** Memory of all weights as they are stored, MB; null in runs of earlier versions. */
  readonly weightMB: number | null;
  /** Memory of the optimizer's state, MB; null in runs of earlier versions. */
  readonly optimizerMB: number | null;
  /** Share of the time in which a GPU computed, 0 to 1; null without nvidia-smi. */
  readonly gpuUtilization: number | null;
  /** Peak memory in use on the GPU, MB; null without nvidia-smi. */
  readonly gpuMemoryMB: number | null;
  /** Size of what must be kept to have the model again, MB. */
  readonly checkpointMB: number;
  readonly checkpointBytes: number;
  /** Durations of inference calls, ms. */
  readonly latencyMs: readonly LatencyRow[];
  readonly trainableParameters: number;
  /** Number of parameters, frozen ones included. */
  readonly parameters: number;
}

/** Duration of inference calls of one batch size, ms; means over the measurements. */
export interface LatencyRow {
  /** Sentences or decision days per call. */
  readonly batchSize: number;
  /** Whether adapters were merged into the weights. */
  readonly merged: boolean;
  /** First call with this batch size in a fresh process. */
  readonly cold: number;
  /** Median of the later calls. */
  readonly p50: number;
  /** 95th percentile of the later calls. */
  readonly p95: number;
}

/** The row of a variant. @param measurements its measurements in this job, at least one */
export function variantRow(job: JobName, variant: Variant, measurements: readonly Measurement[]): VariantRow {
  const [first] = measurements;
  const training = measurements.map((one) => one.training);
  const scored = measurements.filter((one) => one.scores !== null);
  const scores = scored.flatMap((one) => one.scores ?? []);
  const over = (of: (cost: (typeof training)[number]) => number): number => mean(training.map(of));
  const epochs = training.map(({ epochSeconds }) => epochSeconds);
  return {
    ...variant,
    job,
    measurements: measurements.length,
    scoredSeeds: scored.length,
    stillImproving: scored.filter(({ epochs }) => bestLast(epochs)).length,
    epochSeconds: mean(epochs),
    epochSecondsDeviation: epochs.length < 2 ? null : deviation(epochs),
    headlinesPerSecond: over(({ headlinesPerSecond }) => headlinesPerSecond),
    tokensPerSecond: over(({ tokensPerSecond }) => tokensPerSecond),
    utilization: over(({ utilization }) => utilization),
    peakMemoryMB: over(({ peakMemoryBytes }) => peakMemoryBytes / MB),
    peakTensorMB: meanOrNull(training.map((cost) => inMegabytes(cost.peakTensorBytes))),
    weightMB: meanOrNull(training.map((cost) => inMegabytes(cost.weightBytes))),
    optimizerMB: meanOrNull(training.map((cost) => inMegabytes(cost.optimizerBytes))),
    gpuUtilization: meanOrNull(training.map(({ gpu }) => gpu?.utilization ?? null)),
    gpuMemoryMB: meanOrNull(training.map(({ gpu }) => inMegabytes(gpu?.peakMemoryBytes ?? null))),
    checkpointMB: mean(measurements.map(({ checkpoint }) => checkpoint.bytes)) / MB,
    checkpointBytes: Math.round(mean(measurements.map(({ checkpoint }) => checkpoint.bytes))),
    latencyMs: first.latency.map((entry) => latencyRow(entry, measurements)),
    trainableParameters: first.trainableParameters,
    parameters: first.parameters,
    ...(Object.fromEntries(
      scoreNames.map((name) => [name, meanOrNull(scores.map((one) => one[name]))]),
    ) as Record<keyof Scores, number | null>),
  };
}

function bestLast(epochs: readonly EpochLosses[]): boolean {
  const losses = epochs.flatMap(({ validationLoss }) => validationLoss ?? []);
  return losses.length > 0 && losses.at(-1) === Math.min(...losses);
}

function latencyRow({ batchSize, merged }: Latency, measurements: readonly Measurement[]): LatencyRow {
  const same = measurements.flatMap(({ latency }) =>
    latency.filter((entry) => entry.batchSize === batchSize && entry.merged === merged),
  );
  return {
    batchSize,
    merged,
    cold: mean(same.map(({ coldMs }) => coldMs)),
    p50: mean(same.map(({ p50Ms }) => p50Ms)),
    p95: mean(same.map(({ p95Ms }) => p95Ms)),
  };
}

const inMegabytes = (bytes: number | null): number | null => (bytes === null ? null : bytes / MB);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean of values that are all known; null if one is not, or there are none. */
function meanOrNull(values: readonly (number | null)[]): number | null {
  return values.length === 0 || values.includes(null) ? null : mean(values as number[]);
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}
