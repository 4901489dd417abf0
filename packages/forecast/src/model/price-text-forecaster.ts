import type { BertConfig, PackedBatch } from '@fin/finbert-lora';
import { BertForSequenceClassification } from '@fin/finbert-lora';
import { Lstm } from '@fin/lstm';
import type { Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** The order of the sentiment classes, here and in every file a run writes. */
export const sentimentLabels = ['positive', 'negative', 'neutral'] as const;

/** Weight with which a day's score enters the forecast at the start: it ties "positive" to a rise from the first step on. */
const INITIAL_SCORE_WEIGHT = 1;

/** One batch of days, ready for the model. */
export interface ForecastBatch {
  /** Price features, scaled. float32 [days, window, features] */
  readonly windows: tf.Tensor3D;
  /** The tokens of all headlines of all days. */
  readonly headlines: PackedBatch;
  /** Row d averages the headlines of day d; all zeros for a day without any. float32 [days, headlines] */
  readonly dayMeans: tf.Tensor2D;
}

/** What the model says of a batch. */
export interface ForecastOutput {
  /** Forecast log return in units of the training days' standard deviation. float32 [days] */
  readonly standardizedReturn: tf.Tensor1D;
  /** Mean class probabilities of each day's headlines, in the order of `sentimentLabels`. float32 [days, 3] */
  readonly sentiment: tf.Tensor2D;
}

/** Sizes of the parts. */
export interface PriceTextForecasterOptions {
  /** The text encoder; its classes are positive, negative, neutral. */
  readonly bert: BertConfig;
  /** Price features per day. */
  readonly priceFeatures: number;
  /** Width of the LSTM's hidden state. */
  readonly lstmHiddenSize: number;
  /** Width of the fusion layer. */
  readonly fusionSize: number;
  /** Source of the initial weights. */
  readonly init: RandomStream;
}

/**
 * Text and price fusion model.
 *
 * ```
 * headlines of day t ── BERT ── softmax ── mean of the day ──┬── [pos, neg, neu] ──┐
 *                                                            └── pos − neg ────────┼──(+)── log return of t+1
 * prices of t−9 … t ─── LSTM ── last hidden state ──────────── tanh(linear) ───────┘
 * ```
 *
 * Source: the FinBERT-LSTM idea (sentiment beside an LSTM over prices); here the sentiment is a channel of its own and not an
 * eleventh day of prices, and the whole is trained end to end.
 */
export class PriceTextForecaster implements Module {
  readonly bert: BertForSequenceClassification;
  readonly lstm: Lstm;
  readonly #fusionWeight: tf.Variable;
  readonly #fusionBias: tf.Variable;
  readonly #outputWeight: tf.Variable;
  readonly #outputBias: tf.Variable;
  readonly #scoreWeight: tf.Variable;

  constructor({ bert, priceFeatures, lstmHiddenSize, fusionSize, init }: PriceTextForecasterOptions) {
    this.bert = new BertForSequenceClassification(bert, { init });
    this.lstm = new Lstm({ inputSize: priceFeatures, hiddenSize: lstmHiddenSize, init });
    const inputs = lstmHiddenSize + sentimentLabels.length;
    const uniform = (shape: number[], fanIn: number) =>
      init.uniform(shape, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
    this.#fusionWeight = parameter('fusion.weight', uniform([fusionSize, inputs], inputs));
    this.#fusionBias = parameter('fusion.bias', tf.zeros([fusionSize]));
    this.#outputWeight = parameter('output.weight', tf.zeros([1, fusionSize]));
    this.#outputBias = parameter('output.bias', tf.zeros([1]));
    this.#scoreWeight = parameter('score.weight', tf.tensor1d([INITIAL_SCORE_WEIGHT]));
  }

  /**
   * @param batch one batch of days
   * @param dropout source of dropout noise; null (evaluation) drops nothing
   */
  forward({ windows, headlines, dayMeans }: ForecastBatch, dropout: RandomStream | null): ForecastOutput {
    const options = dropout ? { training: true, dropout } : {};
    const logits = this.bert.forward(headlines, options); // [headlines, 3]
    const sentiment = tf.matMul(dayMeans, tf.softmax(logits)); // [days, 3]
    const { hidden } = this.lstm.forward(windows);
    const joined = tf.concat([hidden[hidden.length - 1], sentiment], 1); // [days, lstmHidden + 3]
    const fused = tf.tanh(tf.add(tf.matMul(joined, this.#fusionWeight, false, true), this.#fusionBias));
    const output = tf.add(tf.matMul(fused, this.#outputWeight, false, true), this.#outputBias); // [days, 1]
    const score = tf.sub(tf.slice(sentiment, [0, 0], [-1, 1]), tf.slice(sentiment, [0, 1], [-1, 1])); // [days, 1]
    const standardizedReturn = tf.reshape(tf.add(output, tf.mul(score, this.#scoreWeight)), [-1]); // [days]
    return { standardizedReturn: standardizedReturn as tf.Tensor1D, sentiment: sentiment as tf.Tensor2D };
  }

  namedParameters(): Map<string, tf.Variable> {
    const parameters = new Map<string, tf.Variable>();
    for (const [name, variable] of this.bert.namedParameters()) parameters.set(`text.${name}`, variable);
    for (const [name, variable] of this.lstm.namedParameters()) parameters.set(`prices.${name}`, variable);
    parameters.set('fusion.weight', this.#fusionWeight);
    parameters.set('fusion.bias', this.#fusionBias);
    parameters.set('output.weight', this.#outputWeight);
    parameters.set('output.bias', this.#outputBias);
    parameters.set('score.weight', this.#scoreWeight);
    return parameters;
  }

  dispose(): void {
    for (const variable of this.namedParameters().values()) variable.dispose();
  }
}
