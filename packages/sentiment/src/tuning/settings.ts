import type { LowBitFormat, Precision } from '@fin/amp';
import { lowBitFormats, PRECISIONS } from '@fin/amp';
import { describeIssue } from '@fin/run';
import type { OptimizerName } from '@fin/train';
import { optimizerNames } from '@fin/train';
import { z } from 'zod';
import { SentimentInputError } from '../errors.js';

/** Weights to train: LoRA adapters on frozen weights, or all weights. */
export const tuningMethods = ['lora', 'full'] as const;

export type TuningMethod = (typeof tuningMethods)[number];

/** All settings of fine-tuning. The run folder holds a copy. */
export interface TuningSettings {
  /** Train LoRA adapters and the head, or all weights. @default 'lora' */
  readonly method: TuningMethod;
  /** Seed of the new head, the adapters, the order of the sentences and dropout. @default 1 */
  readonly seed: number;
  /** Seed of the split in training, validation and test sentences. @default the same as `seed` */
  readonly splitSeed: number;
  /** Maximum number of passes over the training sentences. @default 8 with LoRA, 6 in full */
  readonly epochs: number;
  /** Sentences per update. @default 32 */
  readonly batchSize: number;
  /** Peak learning rate; see also `layerDecay`. @default 1e-3 with LoRA, 2e-4 in full */
  readonly learningRate: number;
  /** AdamW with moments in float32, or in 8 bits (`adamw8bit`), which take a quarter of the memory. @default 'adamw' */
  readonly optimizer: OptimizerName;
  /** Share of the updates for linear warmup from 0. Afterwards the learning rate decays linearly to 0. @default 0.1 */
  readonly warmupShare: number;
  /** Decoupled weight decay of matrices; biases and norms have none. @default 0.01 */
  readonly weightDecay: number;
  /** Maximum global norm of the gradients; larger ones are clipped. @default 1 */
  readonly maxGradNorm: number;
  /** Epochs without improvement of the validation loss after which training stops. @default 3 */
  readonly patience: number;
  /** Maximum tokens per sentence, [CLS] and [SEP] included; the rest is cut off. @default 128 */
  readonly maxLength: number;
  /** Whether to weight each class in the loss by the inverse of its share of the training sentences. @default true */
  readonly classWeights: boolean;
  /**
   * Discriminative learning rates: the learning rate is divided by this factor per layer, from the head down to the embeddings. 1
   * gives all layers the same rate. @default 1 with LoRA, 1.2 in full
   */
  readonly layerDecay: number;
  /**
   * Gradual unfreezing: train only pooler and head at first, then unfreeze one more layer, from the top, after each third of an
   * epoch. @default false
   */
  readonly gradualUnfreezing: boolean;
  /**
   * Number format for compute and frozen weights. Trained and saved weights are always float32.
   * @default 'fp32'
   */
  readonly precision: Precision;
  /**
   * Compute the frozen layers below the lowest adapter once per sentence, without dropout, and keep their hidden states in memory. Needs
   * `lora.layersToTransform`. @default false
   */
  readonly cacheFrozenLayers: boolean;
  /**
   * Format of frozen matrices in few bits, as in QLoRA: `nf4` or `int8`; null stores them in the precision. It needs LoRA. Tables of embeddings stay in
   * the precision. @default null
   */
  readonly storage: LowBitFormat | null;
  /** Settings of the adapters; null when all weights are trained. */
  readonly lora: LoraSettings | null;
}

/** Settings of the adapters. */
export interface LoraSettings {
  /** Rank of the adapters. @default 8 */
  readonly r: number;
  /** The adapters' output is scaled by `loraAlpha / r`. @default 16 */
  readonly loraAlpha: number;
  /** Dropout before the adapters. @default 0.1 */
  readonly loraDropout: number;
  /** Linear layers to adapt, by the end of their names, or `all-linear`. @default query and value */
  readonly targetModules: readonly string[] | string;
  /** Layers that get adapters, counted from 0. @default null: all layers */
  readonly layersToTransform: readonly number[] | null;
}

/** Settings that a caller may give; the others have defaults. */
export type TuningOptions = Partial<Omit<TuningSettings, 'lora'>> & { readonly lora?: Partial<LoraSettings> };

const shared = {
  seed: 1,
  batchSize: 32,
  optimizer: 'adamw' as const,
  warmupShare: 0.1,
  weightDecay: 0.01,
  maxGradNorm: 1,
  patience: 3,
  maxLength: 128,
  classWeights: true,
  gradualUnfreezing: false,
  precision: 'fp32' as const,
  cacheFrozenLayers: false,
  storage: null,
};

const byMethod = {
  lora: { epochs: 8, learningRate: 1e-3, layerDecay: 1 },
  full: { epochs: 6, learningRate: 2e-4, layerDecay: 1.2 },
} as const;

const loraDefaults: LoraSettings = {
  r: 8,
  loraAlpha: 16,
  loraDropout: 0.1,
  targetModules: ['query', 'value'],
  layersToTransform: null,
};

const count = z.int().min(1).max(1_000_000);

/** Schema of {@link TuningSettings}, for callers and for the files of a run. */
export const tuningSettingsSchema: z.ZodType<TuningSettings> = z.object({
  method: z.enum(tuningMethods),
  seed: z.int().min(0),
  splitSeed: z.int().min(0),
  epochs: count,
  batchSize: count,
  learningRate: z.number().min(0).max(1e3),
  optimizer: z.enum(optimizerNames).default('adamw'), // runs of earlier versions lack it
  warmupShare: z.number().min(0).max(1),
  weightDecay: z.number().min(0).max(1e3),
  maxGradNorm: z.number().positive(),
  patience: z.int().min(0),
  maxLength: count,
  classWeights: z.boolean(),
  layerDecay: z.number().min(1).max(100),
  gradualUnfreezing: z.boolean(),
  precision: z.enum(PRECISIONS),
  cacheFrozenLayers: z.boolean(),
  storage: z.enum(lowBitFormats).nullable().default(null), // runs of earlier versions lack it
  lora: z
    .object({
      r: count,
      loraAlpha: z.number().min(0).max(1e6),
      loraDropout: z.number().min(0).lt(1),
      targetModules: z.union([z.string(), z.array(z.string())]),
      layersToTransform: z.array(z.int().min(0).max(1000)).min(1).nullable(),
    })
    .nullable(),
});

/** Completes settings with the defaults. @throws {SentimentInputError} naming a setting that is out of range */
export function resolveTuning({ lora, ...options }: TuningOptions = {}): TuningSettings {
  const method = options.method ?? 'lora';
  const seed = options.seed ?? shared.seed;
  const settings = {
    ...shared,
    ...byMethod[method],
    splitSeed: seed,
    ...options,
    method,
    lora: method === 'lora' ? { ...loraDefaults, ...lora } : null,
  };
  if (method === 'full' && settings.storage !== null) {
    throw new SentimentInputError(
      `the setting storage is '${settings.storage}', but all weights are trained: weights in few bits cannot be. Use the method lora`,
    );
  }
  const { success, data, error } = tuningSettingsSchema.safeParse(settings);
  if (success) {
    checkCache(data);
    return data;
  }
  throw new SentimentInputError(`the setting ${describeIssue(error)}`);
}

/** Refuses a cache of layers that are trained, or that are unfrozen later. */
function checkCache({ cacheFrozenLayers, lora, gradualUnfreezing }: TuningSettings): void {
  if (!cacheFrozenLayers) return;
  if (gradualUnfreezing) {
    throw new SentimentInputError(
      'cacheFrozenLayers does not go with gradualUnfreezing, which trains ever lower layers: leave one of them out',
    );
  }
  if (!lora?.layersToTransform || lora.layersToTransform.includes(0)) {
    throw new SentimentInputError(
      'cacheFrozenLayers needs frozen layers at the bottom: with the method lora, name the layers that get adapters in lora.layersToTransform, without layer 0',
    );
  }
}
