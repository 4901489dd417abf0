import type { Precision } from '@fin/amp';
import type { ForecasterOptions, ForecasterSettings } from '@fin/forecast';
import { resolveSettings } from '@fin/forecast';
import { describeIssue } from '@fin/run';
import type { LoraSettings, TuningOptions, TuningSettings } from '@fin/sentiment';
import { resolveTuning } from '@fin/sentiment';
import { z } from 'zod';
import type { RandomEncoderName } from './encoder/random-encoder.js';
import { randomEncoderNames } from './encoder/random-encoder.js';
import { ComparisonInputError } from './errors.js';
import type { JobName, VariantName } from './variants.js';
import { jobNames, usualVariants, variantNames, variantOf } from './variants.js';

/** Settings of a comparison. The run folder holds a copy. */
export interface ComparisonSettings {
  /** Jobs to train the encoder for. @default those whose data are given */
  readonly jobs: readonly JobName[];
  /** Variants to compare, at least two. The first is the baseline, the last the optimized one. @default all weights and LoRA, in float32 and under AMP */
  readonly variants: readonly VariantName[];
  /** Precision of the variants under AMP. @default 'bf16' */
  readonly precision: Exclude<Precision, 'fp32'>;
  /** First seed. @default 1 */
  readonly seed: number;
  /** Number of seeds. Each variant is trained and scored once with each. @default 3 */
  readonly seeds: number;
  /** Measurements of cost per seed. Those after the first train one epoch and are not scored. @default 1 */
  readonly repeats: number;
  /** Passes over the training data. There is no early stopping, so all variants do the same work. @default 3 */
  readonly epochs: number;
  /** Updates of each training; null trains whole epochs. With a number only costs are measured. @default null */
  readonly maxBatches: number | null;
  /** Sentences of each part (training, validation, test) at most; null uses all. @default null */
  readonly maxSentences: number | null;
  /** Days of each part at most; null uses all. @default null */
  readonly maxDays: number | null;
  /** Encoder with random weights in place of a model: only costs are measured. @default null */
  readonly randomEncoder: RandomEncoderName | null;
  readonly latency: LatencySettings;
  /** Adapters of the variants with LoRA. @default r 8, loraAlpha 32, loraDropout 0.05 on query and value */
  readonly lora: LoraSettings;
  /** Settings of fine-tuning that differ from the defaults of @fin/sentiment, the same for all variants. */
  readonly sentiment: SharedTuningOptions;
  /** Settings of the forecaster that differ from the defaults of @fin/forecast, the same for all variants. */
  readonly forecaster: SharedForecasterOptions;
}

/** How inference is timed. */
export interface LatencySettings {
  /** Sentences or decision days per call, in the order of the calls. @default 1, 8, 32 */
  readonly batchSizes: readonly number[];
  /** Timed calls after the first one, at most. @default 50 */
  readonly calls: number;
  /** Seconds of timed calls per batch size, after which no further one begins. @default 3 */
  readonly seconds: number;
}

/** Settings of fine-tuning that the comparison does not decide itself. */
export type SharedTuningOptions = Omit<
  TuningOptions,
  'method' | 'precision' | 'optimizer' | 'storage' | 'seed' | 'splitSeed' | 'epochs' | 'patience' | 'lora'
>;

/** Settings of the forecaster that the comparison does not decide itself. */
export type SharedForecasterOptions = Omit<
  ForecasterOptions,
  | 'text'
  | 'model'
  | 'finetuning'
  | 'precision'
  | 'optimizer'
  | 'storage'
  | 'seed'
  | 'epochs'
  | 'patience'
  | 'lora'
>;

/** Settings given by the caller. Defaults fill in the rest. */
export type ComparisonOptions = Partial<Omit<ComparisonSettings, 'jobs' | 'latency' | 'lora'>> & {
  readonly jobs: readonly JobName[];
  readonly latency?: Partial<LatencySettings>;
  readonly lora?: Partial<LoraSettings>;
};

const defaults = {
  variants: usualVariants,
  precision: 'bf16',
  seed: 1,
  seeds: 3,
  repeats: 1,
  epochs: 3,
  maxBatches: null,
  maxSentences: null,
  maxDays: null,
  randomEncoder: null,
  latency: { batchSizes: [1, 8, 32], calls: 50, seconds: 3 },
  lora: {
    r: 8,
    loraAlpha: 32,
    loraDropout: 0.05,
    targetModules: ['query', 'value'],
    layersToTransform: null,
  },
  sentiment: {},
  forecaster: {},
} as const;

const size = z.int().min(1).max(1_000_000);
const record = z.record(z.string(), z.unknown());

/** Schema of {@link ComparisonSettings}, for callers and for the files of a run. */
export const comparisonSettingsSchema: z.ZodType<ComparisonSettings> = z.strictObject({
  jobs: z.array(z.enum(jobNames)).min(1),
  variants: z.array(z.enum(variantNames)).min(2, { error: 'needs two or more variants to compare' }),
  precision: z.enum(['bf16', 'fp16']),
  seed: z.int().min(0),
  seeds: z.int().min(1).max(1000),
  repeats: z.int().min(1).max(1000),
  epochs: size,
  maxBatches: size.min(3, { error: 'is below 3: the first two updates are not timed' }).nullable(),
  maxSentences: size.nullable(),
  maxDays: size.nullable(),
  randomEncoder: z.enum(randomEncoderNames).nullable(),
  latency: z.strictObject({
    batchSizes: z.array(size).min(1),
    calls: size,
    seconds: z.number().positive().max(3600),
  }),
  lora: z.strictObject({
    r: size,
    loraAlpha: z.number().min(0).max(1e6),
    loraDropout: z.number().min(0).lt(1),
    targetModules: z.union([z.string(), z.array(z.string())]),
    layersToTransform: z.array(z.int().min(0)).min(1).nullable(),
  }),
  sentiment: record,
  forecaster: record,
}) as z.ZodType<ComparisonSettings>;

/** Settings that the comparison decides itself, for each job. */
const DECIDED = {
  sentiment: [
    'method',
    'precision',
    'optimizer',
    'storage',
    'seed',
    'splitSeed',
    'epochs',
    'patience',
    'lora',
  ],
  forecaster: [
    'text',
    'model',
    'finetuning',
    'precision',
    'optimizer',
    'storage',
    'seed',
    'epochs',
    'patience',
    'lora',
  ],
} as const;

/**
 * Completes settings with the defaults. Variants and jobs are put in their usual order.
 *
 * @throws {ComparisonInputError} naming a setting that is out of range; errors of `resolveTuning` and `resolveSettings`
 */
export function resolveComparison(options: ComparisonOptions): ComparisonSettings {
  const { success, data, error } = comparisonSettingsSchema.safeParse({
    ...defaults,
    ...options,
    latency: { ...defaults.latency, ...options.latency },
    lora: { ...defaults.lora, ...options.lora },
  });
  if (!success) throw new ComparisonInputError(`the setting ${describeIssue(error)}`);
  for (const [group, names] of Object.entries(DECIDED)) {
    const given = names.find((name) => name in data[group as keyof typeof DECIDED]);
    if (given === undefined) continue;
    throw new ComparisonInputError(
      `the setting ${group}.${given} is decided by the comparison itself: leave it out`,
    );
  }
  const settings = {
    ...data,
    jobs: jobNames.filter((name) => data.jobs.includes(name)),
    variants: variantNames.filter((name) => data.variants.includes(name)),
  };
  if (settings.variants.length < 2) {
    throw new ComparisonInputError(
      `the setting variants needs two or more different variants to compare; there are ${variantNames.join(', ')}`,
    );
  }
  const forScoring = settings.variants.find((name) => variantOf(name, 'bf16').inference !== null);
  if (forScoring !== undefined && settings.jobs.includes('forecast')) {
    throw new ComparisonInputError(
      `the variant ${forScoring} is for the job sentiment alone: leave out the job forecast or the variant`,
    );
  }
  for (const name of settings.variants) {
    if (settings.jobs.includes('sentiment')) tuningSettings(settings, name, settings.seed);
    if (settings.jobs.includes('forecast')) forecasterSettings(settings, name, settings.seed, 'encoder');
  }
  return settings;
}

/** Whether only costs are measured: training is not whole, or the encoder has random weights. */
export const isCostOnly = ({
  maxBatches,
  randomEncoder,
}: Pick<ComparisonSettings, 'maxBatches' | 'randomEncoder'>): boolean =>
  maxBatches !== null || randomEncoder !== null;

/** Settings of fine-tuning for a variant with a seed. The split is the same for all seeds. */
export function tuningSettings(
  { sentiment, precision, lora, epochs, seed: firstSeed }: ComparisonSettings,
  name: VariantName,
  seed: number,
): TuningSettings {
  const variant = variantOf(name, precision);
  return resolveTuning({
    ...sentiment,
    method: variant.finetuning,
    precision: variant.precision,
    optimizer: variant.optimizer,
    storage: variant.storage,
    seed,
    splitSeed: firstSeed,
    epochs,
    patience: epochs,
    ...(variant.finetuning === 'lora' && { lora }),
  });
}

/** Settings of the forecaster for a variant with a seed. @param model folder of the encoder */
export function forecasterSettings(
  { forecaster, precision, lora, epochs }: ComparisonSettings,
  name: VariantName,
  seed: number,
  model: string,
): ForecasterSettings {
  const variant = variantOf(name, precision);
  return resolveSettings({
    ...forecaster,
    text: 'joint',
    model,
    finetuning: variant.finetuning,
    precision: variant.precision,
    optimizer: variant.optimizer,
    storage: variant.storage,
    seed,
    epochs,
    patience: epochs,
    lora,
  });
}
