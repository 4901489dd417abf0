import type { Precision } from '@fin/amp';
import { PRECISIONS } from '@fin/amp';
import { describeIssue } from '@fin/run';
import { z } from 'zod';
import { ForecastInputError } from '../errors.js';

/** Weights of a day's headlines: equal (`mean`), higher for top ranks (`rank`), or learned (`attention`). */
export const headlineAggregates = ['mean', 'rank', 'attention'] as const;

export type HeadlineAggregate = (typeof headlineAggregates)[number];

/** All settings of a forecaster and its training. The run folder holds a copy. */
export interface ForecasterSettings {
  /** Seed of every random stream. @default 1 */
  readonly seed: number;
  /** Trading days in the LSTM's window, the decision day included. @default 10 */
  readonly window: number;
  /** Width of the LSTM's hidden state. @default 32 */
  readonly lstmHiddenSize: number;
  /** Width of the layer that joins text and prices. @default 16 */
  readonly fusionSize: number;
  /**
   * Folder of a sentiment model that scores the headlines; null trains a small BERT with the forecaster.
   * @default null
   */
  readonly sentimentModel: string | null;
  /** Aggregation of a day's scored headlines into one sentiment. @default 'mean' */
  readonly aggregate: HeadlineAggregate;
  /** The small BERT with random initial weights. Ignored with a `sentimentModel`. */
  readonly encoder: EncoderSettings;
  /** Headlines drawn per day at each training step; null uses all. Evaluation always uses all. @default 8 */
  readonly trainHeadlinesPerDay: number | null;
  /** Days per optimizer step. @default 16 */
  readonly batchSize: number;
  /** Maximum number of passes over the training days. @default 10 */
  readonly epochs: number;
  /** Epochs without improvement of the validation loss after which training stops. @default 3 */
  readonly patience: number;
  /** Peak learning rate, after linear warmup over a tenth of the steps; then linear decay to zero. @default 1e-3 */
  readonly learningRate: number;
  /** Decoupled weight decay of matrices. Biases and norms are not decayed. @default 0.01 */
  readonly weightDecay: number;
  /** Maximum global norm of the gradients; larger ones are clipped. @default 1 */
  readonly maxGradNorm: number;
  /** Number format for compute, also of a `sentimentModel`. Weights and optimizer are always float32. @default 'fp32' */
  readonly precision: Precision;
}

/** Shape of the small BERT. */
export interface EncoderSettings {
  /** @default 64 */
  readonly hiddenSize: number;
  /** @default 2 */
  readonly numHiddenLayers: number;
  /** @default 2 */
  readonly numAttentionHeads: number;
  /** @default 128 */
  readonly intermediateSize: number;
  /** Number of word pieces, learned from the training headlines. @default 4000 */
  readonly vocabularySize: number;
  /** Maximum tokens per headline, [CLS] and [SEP] included. @default 48 */
  readonly maxLength: number;
  /** Dropout in the encoder and before its classifier. @default 0.1 */
  readonly dropout: number;
}

/** Settings given by the caller. Defaults fill in the rest. */
export type ForecasterOptions = Partial<Omit<ForecasterSettings, 'encoder'>> & {
  readonly encoder?: Partial<EncoderSettings>;
};

const defaults: ForecasterSettings = {
  seed: 1,
  window: 10,
  lstmHiddenSize: 32,
  fusionSize: 16,
  sentimentModel: null,
  aggregate: 'mean',
  encoder: {
    hiddenSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    intermediateSize: 128,
    vocabularySize: 4000,
    maxLength: 48,
    dropout: 0.1,
  },
  trainHeadlinesPerDay: 8,
  batchSize: 16,
  epochs: 10,
  patience: 3,
  learningRate: 1e-3,
  weightDecay: 0.01,
  maxGradNorm: 1,
  precision: 'fp32',
};

const size = z.int().min(1).max(1_000_000);

/** Schema of {@link ForecasterSettings}, for callers and for the files of a run. */
export const forecasterSettingsSchema: z.ZodType<ForecasterSettings> = z.object({
  seed: z.int().min(0),
  window: size,
  lstmHiddenSize: size,
  fusionSize: size,
  sentimentModel: z.string().min(1).nullable(),
  aggregate: z.enum(headlineAggregates),
  encoder: z.object({
    hiddenSize: size,
    numHiddenLayers: size,
    numAttentionHeads: size,
    intermediateSize: size,
    vocabularySize: size,
    maxLength: size,
    dropout: z.number().min(0).lt(1),
  }),
  trainHeadlinesPerDay: size.nullable(),
  batchSize: size,
  epochs: size,
  patience: z.int().min(0),
  learningRate: z.number().min(0).max(1e3),
  weightDecay: z.number().min(0).max(1e3),
  maxGradNorm: z.number().positive(),
  precision: z.enum(PRECISIONS),
});

/** Completes settings with the defaults. @throws {ForecastInputError} naming a setting that is out of range */
export function resolveSettings(options: ForecasterOptions = {}): ForecasterSettings {
  const settings = { ...defaults, ...options, encoder: { ...defaults.encoder, ...options.encoder } };
  const { success, data, error } = forecasterSettingsSchema.safeParse(settings);
  if (success) return data;
  throw new ForecastInputError(`the setting ${describeIssue(error)}`);
}
