import { lowBitFormats } from '@fin/amp';
import { optimizerNames } from '@fin/train';
import { z } from 'zod';
import type { ComparisonSettings } from '../settings.js';
import type { JobName, VariantName } from '../variants.js';
import { jobNames, variantNames, variantOf } from '../variants.js';
import type { Delta } from './delta.js';
import { conclusions, deltasOf, headlineDeltas } from './delta.js';
import type { Measurement } from './measurement.js';
import type { DeltaName } from './quantities.js';
import { deltaNames } from './quantities.js';
import type { VariantRow } from './variant-row.js';
import { variantRow } from './variant-row.js';

/** Confidence level of every interval. */
const LEVEL = 0.95;

/** `results.json` of a comparison. */
export interface ComparisonResults {
  readonly jobs: readonly JobName[];
  /** Encoder: name of the model's folder, or of the random encoder. */
  readonly encoder: string;
  /** Whether only costs were measured: training was not whole, or the encoder has random weights. */
  readonly costOnly: boolean;
  readonly seeds: number;
  readonly repeats: number;
  /** Epochs of each scored training. */
  readonly epochs: number;
  /** Confidence level of the intervals. */
  readonly level: number;
  /** Variant that all others are compared with. */
  readonly baseline: VariantName;
  /** Variant of `delta`. */
  readonly optimized: VariantName;
  /** Each variant in each job. */
  readonly variants: readonly VariantRow[];
  /** `optimized` against `baseline`, one number each. Null where nothing was measured. */
  readonly delta: Readonly<Record<DeltaName, number | null>>;
  /** Every variant against `baseline`, in each job, with intervals. */
  readonly deltas: readonly Delta[];
}

/** Makes the rows and differences of a comparison from its measurements. */
export function summarizeComparison(
  settings: Pick<ComparisonSettings, 'jobs' | 'variants' | 'precision' | 'seeds' | 'repeats' | 'epochs'>,
  about: Pick<ComparisonResults, 'encoder' | 'costOnly'>,
  measurements: readonly Measurement[],
): ComparisonResults {
  const { jobs, variants, precision, seeds, repeats, epochs } = settings;
  const baseline = variants[0];
  const optimized = variants[variants.length - 1];
  const rows = jobs.flatMap((job) =>
    variants.map((name) =>
      variantRow(
        job,
        variantOf(name, precision),
        measurements.filter((one) => one.job === job && one.variant === name),
      ),
    ),
  );
  const deltas = jobs.flatMap((job) =>
    variants.slice(1).flatMap((variant) => deltasOf(measurements, { job, variant, baseline, level: LEVEL })),
  );
  return {
    jobs,
    ...about,
    seeds,
    repeats,
    epochs,
    level: LEVEL,
    baseline,
    optimized,
    variants: rows,
    delta: headlineDeltas(deltas.filter(({ variant }) => variant === optimized)),
    deltas,
  };
}

const amount = z.number().min(0);
const count = z.int().min(0);
const nullable = z.number().nullable();
const variant = z.enum(variantNames);

const latencyRowSchema = z.object({
  batchSize: count,
  merged: z.boolean(),
  cold: amount,
  p50: amount,
  p95: amount,
});

const variantRowSchema: z.ZodType<VariantRow> = z.object({
  name: variant,
  finetuning: z.enum(['lora', 'full']),
  precision: z.enum(['fp32', 'bf16', 'fp16']),
  inference: z.literal('int8').nullable().default(null),
  optimizer: z.enum(optimizerNames).default('adamw'),
  storage: z.enum(lowBitFormats).nullable().default(null),
  job: z.enum(jobNames),
  measurements: count,
  scoredSeeds: count,
  stillImproving: count,
  epochSeconds: amount,
  epochSecondsDeviation: nullable,
  headlinesPerSecond: amount,
  tokensPerSecond: amount,
  utilization: amount,
  peakMemoryMB: amount,
  peakTensorMB: nullable,
  weightMB: nullable.default(null), // results of earlier versions lack these
  optimizerMB: nullable.default(null),
  gpuUtilization: nullable,
  gpuMemoryMB: nullable,
  checkpointMB: amount,
  checkpointBytes: count,
  latencyMs: z.array(latencyRowSchema),
  trainableParameters: count,
  parameters: count,
  rmse: nullable,
  mae: nullable,
  mape: nullable,
  directionalAccuracy: nullable,
  accuracy: nullable,
  macroF1: nullable,
});

const deltaSchema: z.ZodType<Delta> = z.object({
  job: z.enum(jobNames),
  variant,
  baseline: variant,
  metric: z.enum(deltaNames),
  kind: z.enum(['ratio', 'difference']),
  value: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  pairs: count,
  conclusion: z.enum(conclusions),
  reason: z.string().nullable(),
  sentence: z.string(),
});

/** Schema of `results.json`. */
export const comparisonResultsSchema: z.ZodType<ComparisonResults> = z.object({
  jobs: z.array(z.enum(jobNames)).min(1),
  encoder: z.string(),
  costOnly: z.boolean(),
  seeds: count,
  repeats: count,
  epochs: count,
  level: z.number(),
  baseline: variant,
  optimized: variant,
  variants: z.array(variantRowSchema).min(2),
  delta: z.record(z.enum(deltaNames), nullable),
  deltas: z.array(deltaSchema),
});
