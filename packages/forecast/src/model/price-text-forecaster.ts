import { sentimentLabels } from '@fin/data';
import { AttentionPooling, Lstm } from '@fin/lstm';
import type { DrawnRows, Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { TextSource } from '../text/text-source.js';
import type { LstmSettings } from './settings.js';

/** One batch of days, ready for the model. */
export interface ForecastBatch {
  /** Price features, scaled. float32 [days, window, features]; null for a model without prices */
  readonly windows: tf.Tensor3D | null;
  /** Headlines of these days, from `TextSource.prepare`; null for a model without text. */
  readonly text: object | null;
  /** Place of the days in a larger batch, whose dropout masks they get; null for a whole batch. */
  readonly part: DrawnRows | null;
}

/** Output of the model for a batch. */
export interface ForecastOutput {
  /** Forecast in units of the standard deviation of the training days' targets. float32 [days] */
  readonly standardized: tf.Tensor1D;
  /**
   * Mean class probabilities of each day's headlines, in the order of `sentimentLabels`. float32 [days, 3]; null for a model
   * without text
   */
  readonly sentiment: tf.Tensor2D | null;
}

/** Options of {@link PriceTextForecaster}. At least one of `text` and `prices` is needed. */
export interface PriceTextForecasterOptions {
  /** Text side of the model, which disposes it; null for prices alone. */
  readonly text: TextSource | null;
  /** Price side of the model; null for text alone. */
  readonly prices: PriceSideOptions | null;
  /** Width of the fusion layer. */
  readonly fusionSize: number;
  /** Source of the initial weights. */
  readonly init: RandomStream;
}

/** Price side of the model. */
export interface PriceSideOptions {
  /** Price features per day. */
  readonly features: number;
  readonly lstm: LstmSettings;
}

/**
 * Text and price fusion model. Each side can be left out.
 *
 * ```
 * headlines of day t ── text source ── sentiment of the day ──┬── [pos, neg, neu] ──┐
 *                                                             └── pos − neg ────────┼──(+)── forecast of t+1
 * prices of t−9 … t ─── LSTM ── last hidden state ───────────── tanh(linear) ───────┘
 *                                or attention over the window
 * ```
 *
 * Source: FinBERT-LSTM (sentiment and an LSTM over prices). There, sentiment is appended to the prices as an eleventh day; here
 * it is a channel of its own. The text source is a small BERT or a pretrained encoder, both trained end to end, or the scores of a
 * fine-tuned sentiment model.
 */
export class PriceTextForecaster implements Module {
  readonly text: TextSource | null;
  readonly lstm: Lstm | null;
  readonly #pooling: AttentionPooling | null;
  readonly #fusionWeight: tf.Variable;
  readonly #fusionBias: tf.Variable;
  readonly #outputWeight: tf.Variable;
  readonly #outputBias: tf.Variable;
  readonly #scoreWeight: tf.Variable | null;

  constructor({ text, prices, fusionSize, init }: PriceTextForecasterOptions) {
    this.text = text;
    this.lstm = prices && new Lstm({ inputSize: prices.features, ...prices.lstm, init });
    this.#pooling =
      prices?.lstm.pooling === 'attention'
        ? new AttentionPooling({ hiddenSize: prices.lstm.hiddenSize, init })
        : null;
    const inputs = (prices?.lstm.hiddenSize ?? 0) + (text ? sentimentLabels.length : 0);
    const uniform = (shape: number[], fanIn: number) =>
      init.uniform(shape, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
    this.#fusionWeight = parameter('fusion.weight', uniform([fusionSize, inputs], inputs));
    this.#fusionBias = parameter('fusion.bias', tf.zeros([fusionSize]));
    this.#outputWeight = parameter('output.weight', tf.zeros([1, fusionSize]));
    this.#outputBias = parameter('output.bias', tf.zeros([1]));
    this.#scoreWeight = text && parameter('score.weight', tf.tensor1d([text.initialScoreWeight]));
  }

  /**
   * @param batch one batch of days
   * @param dropout source of dropout noise; null (evaluation) drops nothing
   */
  forward({ windows, text, part }: ForecastBatch, dropout: RandomStream | null): ForecastOutput {
    const said = this.text?.forward(text!, dropout);
    const parts = [
      ...(this.lstm ? [this.#readPrices(this.lstm, windows!, dropout, part)] : []),
      ...(said ? [said.features] : []),
    ];
    const joined = parts.length > 1 ? tf.concat(parts, 1) : parts[0]; // [days, lstmHidden + 3]
    const fused = tf.tanh(tf.add(tf.matMul(joined, this.#fusionWeight, false, true), this.#fusionBias));
    const output = tf.add(tf.matMul(fused, this.#outputWeight, false, true), this.#outputBias); // [days, 1]
    const sum = said ? tf.add(output, tf.mul(said.score, this.#scoreWeight!)) : output;
    return { standardized: tf.reshape(sum, [-1]) as tf.Tensor1D, sentiment: said?.sentiment ?? null };
  }

  namedParameters(): Map<string, tf.Variable> {
    const parameters = new Map<string, tf.Variable>();
    const add = (prefix: string, module: Module | null) => {
      for (const [name, variable] of module?.namedParameters() ?? []) parameters.set(prefix + name, variable);
    };
    add('text.', this.text);
    add('prices.', this.lstm);
    add('pooling.', this.#pooling);
    parameters.set('fusion.weight', this.#fusionWeight);
    parameters.set('fusion.bias', this.#fusionBias);
    parameters.set('output.weight', this.#outputWeight);
    parameters.set('output.bias', this.#outputBias);
    if (this.#scoreWeight) parameters.set('score.weight', this.#scoreWeight);
    return parameters;
  }

  dispose(): void {
    this.text?.dispose();
    this.lstm?.dispose();
    this.#pooling?.dispose();
    tf.dispose([this.#fusionWeight, this.#fusionBias, this.#outputWeight, this.#outputBias]);
    this.#scoreWeight?.dispose();
  }

  /** @returns [days, lstmHidden] */
  #readPrices(
    lstm: Lstm,
    windows: tf.Tensor3D,
    dropout: RandomStream | null,
    part: DrawnRows | null,
  ): tf.Tensor2D {
    const { output, hidden } = lstm.forward(windows, dropout ? { training: true, dropout, part } : {});
    return this.#pooling ? this.#pooling.forward(output) : hidden[hidden.length - 1];
  }
}
