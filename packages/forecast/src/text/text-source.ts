import type { ScalerState } from '@fin/data';
import type { Module, RandomStream } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { HeadlineAggregate } from '../model/settings.js';
import type { DayHeadlines } from './headline-tokens.js';

/** What the headlines of several days say. */
export interface TextOutput {
  /** Mean class probabilities of each day, in the order of `sentimentLabels`; zeros for a day without headlines. float32 [days, 3] */
  readonly sentiment: tf.Tensor2D;
  /** What is joined with the prices. float32 [days, 3] */
  readonly features: tf.Tensor2D;
  /** How good the news is: goes into the forecast with a weight of its own. float32 [days, 1] */
  readonly score: tf.Tensor2D;
}

/** Settings of {@link TextSource.read}. */
export interface ReadOptions {
  /** Called as the work goes on, in whatever unit it is counted. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops the work, with its reason as error. */
  readonly signal?: AbortSignal;
}

/**
 * The text side of the forecaster. There are two: `EncoderText`, a small BERT that is trained along with the rest, and
 * `ScoredText`, the scores of a model that was fine-tuned before. The rest of the forecaster does not know which it has.
 *
 * ```
 * read (once, ahead of all) ── prepare (host: a batch's tensors) ── forward (device: what the days say)
 * ```
 *
 * Its parameters are those that the forecaster trains and saves.
 */
export interface TextSource<Batch extends object = object> extends Module {
  /** Headlines to draw of each day at a training step; null for all. */
  readonly trainHeadlinesPerDay: number | null;
  /** Weight of {@link TextOutput.score} at the start. */
  readonly initialScoreWeight: number;
  /** Looks at texts ahead of {@link prepare}, which may take long and may read files. Each text is looked at once. */
  read(texts: readonly string[], options?: ReadOptions): Promise<void>;
  /** Makes the batch of these days; the tensors directly in it are the caller's. */
  prepare(days: readonly DayHeadlines[]): Batch;
  /** @param dropout source of dropout noise; null (evaluation) drops nothing */
  forward(batch: Batch, dropout: RandomStream | null): TextOutput;
  toJSON(): TextRecord;
  dispose(): void;
}

/** What a small BERT of the forecaster's own needs beside its weights. */
export interface EncoderTextRecord {
  readonly kind: 'encoder';
  /** Word pieces in the order of their ids. */
  readonly vocabulary: readonly string[];
}

/** Whose scores a forecaster was trained on. */
export interface ScoredTextRecord {
  readonly kind: 'scored';
  /** Folder of the sentiment model. */
  readonly model: string;
  /** sha256 of all that decides its scores: with another one the forecaster means nothing. */
  readonly fingerprint: string;
  /** Tokens of a headline that it reads. */
  readonly maxLength: number;
  readonly aggregate: HeadlineAggregate;
  /** Scaler of the mean class probabilities of a day, fitted on the training days. */
  readonly sentiment: ScalerState;
}

/** The text side of a forecaster, as `checkpoint/forecaster.json` has it. */
export type TextRecord = EncoderTextRecord | ScoredTextRecord;

/**
 * Name of a model's row in metrics tables, by its text side:
 *
 * - `bert(random)+lstm`: a small BERT with random initial weights, trained with the LSTM
 * - `sentiment+lstm`: scores of a fine-tuned sentiment model beside the LSTM
 */
export function modelName({ kind }: TextRecord): string {
  return kind === 'encoder' ? 'bert(random)+lstm' : 'sentiment+lstm';
}
