import type { Precision } from '@fin/amp';

/** `mean`: all headlines alike; `rank`: the top ones more; `attention`: as is learned. */
export const headlineAggregates = ['mean', 'rank', 'attention'] as const;

export type HeadlineAggregate = (typeof headlineAggregates)[number];

/** Everything that decides what a forecaster is and how it is trained. Written into the run folder as it was used. */
export interface ForecasterSettings {
  /** Seed of every random stream. @default 1 */
  readonly seed: number;
  /** Trading days of prices the LSTM sees, the decision day included. @default 10 */
  readonly window: number;
  /** Width of the LSTM's hidden state. @default 32 */
  readonly lstmHiddenSize: number;
  /** Width of the layer that joins text and prices. @default 16 */
  readonly fusionSize: number;
  /**
   * Folder of a sentiment model whose scores stand for the headlines; null for a small BERT that is trained along.
   * @default null
   */
  readonly sentimentModel: string | null;
  /** How one sentiment is made of a day's scored headlines. @default 'mean' */
  readonly aggregate: HeadlineAggregate;
  /** The small BERT, which starts from random weights; of no use with a `sentimentModel`. */
  readonly encoder: EncoderSettings;
  /** Headlines drawn anew for each day at every training step; null uses all. Evaluation always uses all. @default 8 */
  readonly trainHeadlinesPerDay: number | null;
  /** Days per optimizer step. @default 16 */
  readonly batchSize: number;
  /** Passes over the training days at most. @default 10 */
  readonly epochs: number;
  /** Epochs without a better validation loss before training stops. @default 3 */
  readonly patience: number;
  /** Peak rate; it rises linearly over the first tenth of the steps and falls linearly to zero. @default 1e-3 */
  readonly learningRate: number;
  /** Decoupled weight decay of matrices; biases and norms have none. @default 0.01 */
  readonly weightDecay: number;
  /** Gradients are scaled down to this global norm. @default 1 */
  readonly maxGradNorm: number;
  /** In what is computed, a `sentimentModel` included; weights and the optimizer are float32 in any case. @default 'fp32' */
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
  /** Word pieces learned from the training headlines. @default 4000 */
  readonly vocabularySize: number;
  /** Tokens of a headline that are read, [CLS] and [SEP] included. @default 48 */
  readonly maxLength: number;
  /** Dropout in the encoder and before its classifier. @default 0.1 */
  readonly dropout: number;
}

/** What a caller may set; the rest are the defaults. */
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

/** Fills in what the caller left open. */
export function resolveSettings(options: ForecasterOptions = {}): ForecasterSettings {
  return { ...defaults, ...options, encoder: { ...defaults.encoder, ...options.encoder } };
}
