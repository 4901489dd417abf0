import type { LowBitFormat, Precision } from '@fin/amp';
import type { LoraConfig } from '@fin/finbert-lora/lora';
import type { TuningMethod } from '@fin/sentiment';
import type { OptimizerName } from '@fin/train';

/** Weights of a day's headlines: equal (`mean`), higher for top ranks (`rank`), or learned (`attention`). */
export const headlineAggregates = ['mean', 'rank', 'attention'] as const;

export type HeadlineAggregate = (typeof headlineAggregates)[number];

/**
 * Text side of a forecaster. `none`: prices alone. `random`: a small BERT from random weights, trained with the rest. `scored`:
 * scores of a frozen sentiment model. `joint`: a pretrained encoder, trained with the rest.
 */
export const textKinds = ['none', 'random', 'scored', 'joint'] as const;

export type TextKind = (typeof textKinds)[number];

/** Value to forecast: the log return to the next close, or the next close itself. */
export const forecastTargets = ['return', 'close'] as const;

export type ForecastTargetKind = (typeof forecastTargets)[number];

/** Hidden states of the window that the fusion layer sees: the last one, or their weighted mean with learned weights. */
export const poolings = ['last', 'attention'] as const;

export type Pooling = (typeof poolings)[number];

/** All settings of a forecaster and its training. The run folder holds a copy. */
export interface ForecasterSettings {
  /** Seed of every random stream. @default 1 */
  readonly seed: number;
  /** How the model reads headlines. @default 'scored' with a `model`, else 'random' */
  readonly text: TextKind;
  /** Whether the model has prices as input. False needs a text side and the target `return`. @default true */
  readonly prices: boolean;
  /**
   * Folder of a model, or of a run of fine-tuning. With `scored`, a sentiment model; with `joint`, any BERT: one without a
   * sentiment head gets a new head. Not used by `none` and `random`. @default null
   */
  readonly model: string | null;
  /** With `scored` and `joint`: aggregation of a day's headlines into one sentiment. @default 'mean' */
  readonly aggregate: HeadlineAggregate;
  /** With `random`: shape of the small BERT. */
  readonly encoder: EncoderSettings;
  /** With `joint`: train LoRA adapters and the head, or all weights of the encoder. @default 'lora' */
  readonly finetuning: TuningMethod;
  /** With `joint` and `lora`: the adapters. @default r 8, loraAlpha 32, loraDropout 0.05 on query and value; else PEFT's */
  readonly lora: LoraConfig;
  /** Quantity that the model is trained to forecast. @default 'return' */
  readonly target: ForecastTargetKind;
  /** Trading days in the LSTM's window, the decision day included. @default 10 */
  readonly window: number;
  readonly lstm: LstmSettings;
  /** Width of the layer that joins text and prices. @default 16 */
  readonly fusionSize: number;
  /**
   * With `random` and `joint`: headlines drawn per day at each training step; null uses all. Evaluation always uses all.
   * @default 8, with `joint` 4
   */
  readonly trainHeadlinesPerDay: number | null;
  /** Days per forward and backward pass. @default 16 */
  readonly batchSize: number;
  /** Passes per optimizer step. The gradient is that of all their days in one batch. @default 1 */
  readonly gradientAccumulationSteps: number;
  /** Maximum number of passes over the training days. @default 10 */
  readonly epochs: number;
  /** Epochs without improvement of the validation loss after which training stops. @default 3 */
  readonly patience: number;
  /** Peak learning rate, after linear warmup over a tenth of the steps; then linear decay to zero. @default 1e-3 */
  readonly learningRate: number;
  /** Peak learning rate of the encoder or its adapters. @default `learningRate`; with `joint` 5e-4, in full 5e-5 */
  readonly textLearningRate: number;
  /** Peak learning rate of the encoder's sentiment head. @default `textLearningRate` */
  readonly headLearningRate: number;
  /** AdamW with moments in float32, or in 8 bits (`adamw8bit`), which take a quarter of the memory. @default 'adamw' */
  readonly optimizer: OptimizerName;
  /** Decoupled weight decay of matrices. Biases and norms are not decayed. @default 0.01 */
  readonly weightDecay: number;
  /** Maximum global norm of the gradients; larger ones are clipped. @default 1 */
  readonly maxGradNorm: number;
  /** Number format for compute, also of the `model`. Trained weights are always float32. @default 'fp32' */
  readonly precision: Precision;
  /**
   * With `joint` and `lora`: format of the encoder's frozen matrices in few bits, as in QLoRA: `nf4` or `int8`; null stores them in the precision.
   * @default null
   */
  readonly storage: LowBitFormat | null;
}

/** Shape of the small BERT. */
export interface EncoderSettings {
  /** Width of the hidden states. @default 64 */
  readonly hiddenSize: number;
  /** Transformer layers. @default 2 */
  readonly numHiddenLayers: number;
  /** Attention heads per layer. @default 2 */
  readonly numAttentionHeads: number;
  /** Width of the feed-forward layer. @default 128 */
  readonly intermediateSize: number;
  /** Number of word pieces, learned from the training headlines. @default 4000 */
  readonly vocabularySize: number;
  /** Maximum tokens per headline, [CLS] and [SEP] included. @default 48 */
  readonly maxLength: number;
  /** Dropout in the encoder and before its classifier. @default 0.1 */
  readonly dropout: number;
}

/** The LSTM over the window of prices. */
export interface LstmSettings {
  /** Width of the hidden state. @default 32 */
  readonly hiddenSize: number;
  /** Stacked layers. @default 1 */
  readonly numLayers: number;
  /** Dropout between layers during training; it needs at least two. @default 0 */
  readonly dropout: number;
  /** How the hidden states of the window become one vector. @default 'last' */
  readonly pooling: Pooling;
}

/** Settings given by the caller. Defaults fill in the rest. */
export type ForecasterOptions = Partial<Omit<ForecasterSettings, 'encoder' | 'lora' | 'lstm'>> & {
  readonly encoder?: Partial<EncoderSettings>;
  readonly lora?: Partial<LoraConfig>;
  readonly lstm?: Partial<LstmSettings>;
};

/** Whether a forecaster of these settings loads the model that `model` names. */
export function usesModel({ text }: Pick<ForecasterSettings, 'text'>): boolean {
  return text === 'scored' || text === 'joint';
}
