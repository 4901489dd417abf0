import type { ScalerState } from '@fin/data';
import type { Module, RandomStream } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { HeadlineAggregate } from '../model/settings.js';
import type { DayHeadlines, TextSize, WholeDays } from './headline-tokens.js';

/** Output of a text source for several days. */
export interface TextOutput {
  /** Mean class probabilities of each day, in the order of `sentimentLabels`; zeros for a day without headlines. float32 [days, 3] */
  readonly sentiment: tf.Tensor2D;
  /** Input of the fusion layer. float32 [days, 3] */
  readonly features: tf.Tensor2D;
  /** Positive minus negative. Enters the forecast with a weight of its own. float32 [days, 1] */
  readonly score: tf.Tensor2D;
}

/** Settings of {@link TextSource.read}. */
export interface ReadOptions {
  /** Reports progress, in a unit of the source's choice. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborts reading; then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/**
 * Text side of the forecaster: `EncoderText`, a small BERT trained with the rest, `JointText`, a pretrained encoder trained with the
 * rest, or `ScoredText`, the scores of a fine-tuned model. A day without headlines is neutral in all: sentiment, features and score
 * are zero.
 *
 * ```
 * read (once, ahead of all) ── prepare (host: a batch's tensors) ── forward (device: what the days say)
 * ```
 *
 * The forecaster trains and saves its parameters.
 */
export interface TextSource<Batch extends object = object> extends Module {
  /** Headlines drawn per day at each training step; null for all. */
  readonly trainHeadlinesPerDay: number | null;
  /** Initial weight of {@link TextOutput.score}. */
  readonly initialScoreWeight: number;
  /** Scores texts before {@link prepare} outside of training. May take long and read files. Each distinct text is scored once. */
  read(texts: readonly string[], options?: ReadOptions): Promise<void>;
  /**
   * Makes the batch of these days. The caller disposes the tensors that are direct fields of it.
   *
   * @param training whether the batch is trained on. @default false
   * @param whole the batch of which the days are a part. @default none
   */
  prepare(days: readonly DayHeadlines[], training?: boolean, whole?: WholeDays | null): Batch;
  /** Number of texts and tokens that a batch to train on holds; zeros for a source that trains on no text. */
  sizeOf(batch: Batch): TextSize;
  /** @param dropout source of dropout noise; null (evaluation) drops nothing */
  forward(batch: Batch, dropout: RandomStream | null): TextOutput;
  /** The part that a parameter belongs to. @param name name in `namedParameters` */
  partOf(name: string): TextPart;
  /** Makes the source as fast as it can be for inference. It cannot be trained or saved afterwards. */
  prepareForInference(): void;
  toJSON(): TextRecord;
  dispose(): void;
}

/** Part of a text source that a parameter belongs to; each part has its own learning rate. */
export type TextPart = 'encoder' | 'head' | 'aggregate';

/** Record of `EncoderText`, without its weights. */
export interface EncoderTextRecord {
  readonly kind: 'random';
  /** Word pieces in the order of their ids. */
  readonly vocabulary: readonly string[];
}

/** Record of `ScoredText`: the sentiment model and the scaler of its scores. */
export interface ScoredTextRecord {
  readonly kind: 'scored';
  /** Folder of the sentiment model. */
  readonly model: string;
  /** sha256 of everything that decides the scores. The forecaster works only with this model. */
  readonly fingerprint: string;
  /** Maximum tokens per headline. */
  readonly maxLength: number;
  readonly aggregate: HeadlineAggregate;
  /** Scaler of the mean class probabilities of a day, fitted on the training days. */
  readonly sentiment: ScalerState;
}

/** Record of `JointText`, without its trained weights: the model that training started from, and the scaler. */
export interface JointTextRecord {
  readonly kind: 'joint';
  /** Folder of the model. */
  readonly model: string;
  /** sha256 of its configuration, weights and vocabulary. The trained weights fit only this model. */
  readonly fingerprint: string;
  /** Scaler of the mean class probabilities of a day, fitted on the training days before any update. */
  readonly sentiment: ScalerState;
}

/** Text side of a forecaster in `checkpoint/forecaster.json`. */
export type TextRecord = EncoderTextRecord | ScoredTextRecord | JointTextRecord;
