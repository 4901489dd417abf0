import { sentimentLabels } from '@fin/data';
import { Lstm } from '@fin/lstm';
import type { Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { TextSource } from '../text/text-source.js';

/** One batch of days, ready for the model. */
export interface ForecastBatch {
  /** Price features, scaled. float32 [days, window, features] */
  readonly windows: tf.Tensor3D;
  /** Headlines of these days, from `TextSource.prepare`. */
  readonly text: object;
}

/** Output of the model for a batch. */
export interface ForecastOutput {
  /** Forecast log return in units of the training days' standard deviation. float32 [days] */
  readonly standardizedReturn: tf.Tensor1D;
  /** Mean class probabilities of each day's headlines, in the order of `sentimentLabels`. float32 [days, 3] */
  readonly sentiment: tf.Tensor2D;
}

/** Options of {@link PriceTextForecaster}. */
export interface PriceTextForecasterOptions {
  /** Text side of the model. The model disposes it. */
  readonly text: TextSource;
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
 * headlines of day t ── text source ── sentiment of the day ──┬── [pos, neg, neu] ──┐
 *                                                             └── pos − neg ────────┼──(+)── log return of t+1
 * prices of t−9 … t ─── LSTM ── last hidden state ───────────── tanh(linear) ───────┘
 * ```
 *
 * Source: FinBERT-LSTM (sentiment and an LSTM over prices). There, sentiment is appended to the prices as an eleventh day; here
 * it is a channel of its own. The text source is a small BERT trained end to end, or the scores of a fine-tuned sentiment model.
 */
export class PriceTextForecaster implements Module {
  readonly text: TextSource;
  readonly lstm: Lstm;
  readonly #fusionWeight: tf.Variable;
  readonly #fusionBias: tf.Variable;
  readonly #outputWeight: tf.Variable;
  readonly #outputBias: tf.Variable;
  readonly #scoreWeight: tf.Variable;

  constructor({ text, priceFeatures, lstmHiddenSize, fusionSize, init }: PriceTextForecasterOptions) {
    this.text = text;
    this.lstm = new Lstm({ inputSize: priceFeatures, hiddenSize: lstmHiddenSize, init });
    const inputs = lstmHiddenSize + sentimentLabels.length;
    const uniform = (shape: number[], fanIn: number) =>
      init.uniform(shape, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
    this.#fusionWeight = parameter('fusion.weight', uniform([fusionSize, inputs], inputs));
    this.#fusionBias = parameter('fusion.bias', tf.zeros([fusionSize]));
    this.#outputWeight = parameter('output.weight', tf.zeros([1, fusionSize]));
    this.#outputBias = parameter('output.bias', tf.zeros([1]));
    this.#scoreWeight = parameter('score.weight', tf.tensor1d([text.initialScoreWeight]));
  }

  /**
   * @param batch one batch of days
   * @param dropout source of dropout noise; null (evaluation) drops nothing
   */
  forward({ windows, text }: ForecastBatch, dropout: RandomStream | null): ForecastOutput {
    const { sentiment, features, score } = this.text.forward(text, dropout);
    const { hidden } = this.lstm.forward(windows);
    const joined = tf.concat([hidden[hidden.length - 1], features], 1); // [days, lstmHidden + 3]
    const fused = tf.tanh(tf.add(tf.matMul(joined, this.#fusionWeight, false, true), this.#fusionBias));
    const output = tf.add(tf.matMul(fused, this.#outputWeight, false, true), this.#outputBias); // [days, 1]
    const standardizedReturn = tf.reshape(tf.add(output, tf.mul(score, this.#scoreWeight)), [-1]); // [days]
    return { standardizedReturn: standardizedReturn as tf.Tensor1D, sentiment };
  }

  namedParameters(): Map<string, tf.Variable> {
    const parameters = new Map<string, tf.Variable>();
    for (const [name, variable] of this.text.namedParameters()) parameters.set(`text.${name}`, variable);
    for (const [name, variable] of this.lstm.namedParameters()) parameters.set(`prices.${name}`, variable);
    parameters.set('fusion.weight', this.#fusionWeight);
    parameters.set('fusion.bias', this.#fusionBias);
    parameters.set('output.weight', this.#outputWeight);
    parameters.set('output.bias', this.#outputBias);
    parameters.set('score.weight', this.#scoreWeight);
    return parameters;
  }

  dispose(): void {
    this.text.dispose();
    tf.dispose([
      ...this.lstm.namedParameters().values(),
      ...[this.#fusionWeight, this.#fusionBias, this.#outputWeight, this.#outputBias, this.#scoreWeight],
    ]);
  }
}
