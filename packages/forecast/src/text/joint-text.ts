import { resolve } from 'node:path';
import { autocast, precisionPolicy } from '@fin/amp';
import type { Sample } from '@fin/data';
import { StandardScaler, sentimentLabels } from '@fin/data';
import type { PackedBatch } from '@fin/finbert-lora/tokenizer';
import type { RandomStream, RandomStreams } from '@fin/runtime';
import type { SentimentProbabilities, TunableModel } from '@fin/sentiment';
import { aggregateDay, modelOfRun, openTunableModel, parameterDepth, scoreTexts } from '@fin/sentiment';
import * as tf from '@tensorflow/tfjs-core';
import { ForecastInputError } from '../errors.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { DayAggregator, DayLayout, DayScores, ScoredDayHeadline } from './day-scores.js';
import { dayAggregator } from './day-scores.js';
import type { DayHeadlines, TextSize, WholeDays } from './headline-tokens.js';
import { HeadlineTokens, NO_TEXT, packedSize } from './headline-tokens.js';
import { scoreOf } from './score-of.js';
import { standardizeDays } from './standardize-days.js';
import type { JointTextRecord, ReadOptions, TextOutput, TextPart, TextSource } from './text-source.js';

/** Longer than any headline. Costs nothing for short ones, since batches have no padding. */
const MAX_LENGTH = 128;

/** Maximum tokens per forward pass outside training. */
const TOKENS_PER_BATCH = 2048;

/** Maximum number of training days whose sentiment fits the scaler, evenly spaced: enough for a mean and a standard deviation. */
const SCALER_DAYS = 250;

/**
 * Lower limit of the scaler's standard deviations. A day's mean class probabilities of a fine-tuned model vary by about 0.05; a
 * smaller scale would turn small changes of the encoder into jumps of the forecast.
 */
const MIN_SCALE = 0.02;

/**
 * Initial weight of the score of a model that knows sentiment: a small effect in the expected direction, so that the first gradient
 * of the encoder has a direction, too.
 */
const TRAINED_SCORE_WEIGHT = 0.1;

/** Options of {@link JointText.fromTraining}. */
export interface JointTextOptions extends ReadOptions {
  /** Expected `tunableFingerprint` of the model. @default any */
  readonly pretrained?: string;
}

/** The headlines of several days: scored before, or to be scored with the weights in training. */
export type JointBatch = Present & (DayScores | (DayLayout & { readonly headlines: PackedBatch }));

interface Present {
  /** 1 for a day with headlines, else 0. float32 [days, 1] */
  readonly present: tf.Tensor2D;
}

/**
 * Text source with a pretrained encoder that is trained with the forecaster, by LoRA adapters or in full.
 *
 * ```
 * training: headlines drawn ── encoder, adapters, head ── aggregate ── standardize ── sentiment of the day
 * else:     all headlines ──── scored in batches by tokens ── aggregate ── standardize ── sentiment of the day
 * ```
 *
 * With a trained head, the day's class probabilities are standardized by those of the training days before any update, so that
 * training starts from the forecaster on frozen scores. A new head has no such scale; its class "positive" is tied to a rise, as
 * in `EncoderText`.
 */
export class JointText implements TextSource<JointBatch> {
  readonly trainHeadlinesPerDay: number | null;
  readonly initialScoreWeight: number;
  readonly #model: TunableModel;
  readonly #dir: string;
  readonly #tokens: HeadlineTokens;
  readonly #aggregator: DayAggregator;
  /** Scores by the weights at the time of the last {@link read}. */
  readonly #scores = new Map<string, SentimentProbabilities>();
  #scaler: StandardScaler;

  private constructor(model: TunableModel, dir: string, settings: ForecasterSettings, random: RandomStreams) {
    this.trainHeadlinesPerDay = settings.trainHeadlinesPerDay;
    this.initialScoreWeight = hasTrainedHead(model) ? TRAINED_SCORE_WEIGHT : 1;
    this.#model = model;
    this.#dir = dir;
    this.#tokens = new HeadlineTokens(model.tokenizer, Math.min(MAX_LENGTH, model.maxLength));
    this.#aggregator = dayAggregator(settings.aggregate, random.stream('aggregate'));
    this.#scaler = StandardScaler.fromJSON({ kind: 'standard', center: [0, 0, 0], scale: [1, 1, 1] });
  }

  /**
   * Makes the text side of a new forecaster.
   *
   * @throws {ForecastInputError} when the model is not the `pretrained` one
   * @throws BertInputError as `openTunableModel`; `signal.reason` when the signal stopped the scoring
   */
  static async fromTraining(
    train: readonly Sample[],
    settings: ForecasterSettings,
    random: RandomStreams,
    { pretrained, ...options }: JointTextOptions = {},
  ): Promise<JointText> {
    const text = await JointText.#open(resolve(modelOfRun(settings.model!)), settings, random);
    try {
      if (pretrained !== undefined && text.#model.fingerprint !== pretrained) {
        throw new ForecastInputError(
          `the model in ${text.#dir} has changed since this run began; put the old one back and resume the run`,
        );
      }
      if (hasTrainedHead(text.#model)) await text.#fitScaler(train, options);
      return text;
    } catch (error) {
      text.dispose();
      throw error;
    }
  }

  /**
   * Restores the text side of a record. Load the checkpoint's weights next.
   *
   * @throws {ForecastInputError} when the model is not the one that training started from
   */
  static async fromRecord(
    { model, fingerprint, sentiment }: JointTextRecord,
    settings: ForecasterSettings,
    random: RandomStreams,
  ): Promise<JointText> {
    const text = await JointText.#open(model, settings, random);
    text.#scaler = StandardScaler.fromJSON(sentiment);
    if (text.#model.fingerprint === fingerprint) return text;
    text.dispose();
    throw new ForecastInputError(
      `the model in ${model} is not the one that this run was trained from; put that one back, or train again`,
    );
  }

  static async #open(dir: string, settings: ForecasterSettings, random: RandomStreams): Promise<JointText> {
    const { finetuning, lora, precision, storage } = settings;
    const options = { lora: finetuning === 'lora' ? lora : null, precision, storage };
    return new JointText(await openTunableModel(dir, options, random), dir, settings, random);
  }

  /** Scores texts with the current weights. Forgets all scores before, which other weights may have given. */
  async read(texts: readonly string[], { onProgress, signal }: ReadOptions = {}): Promise<void> {
    this.#scores.clear();
    const distinct = [...new Set(texts)];
    const sequences = distinct.map((text) => this.#tokens.encode(text));
    const total = sequences.reduce((sum, { length }) => sum + length, 0);
    const options = { tokensPerBatch: TOKENS_PER_BATCH, columns: this.#model.columns, signal };
    let done = 0;
    for await (const { indices, scores, tokens } of scoreTexts(this.#model, sequences, options)) {
      indices.forEach((index, row) => {
        const [positive, negative, neutral] = scores[row];
        this.#scores.set(distinct[index], { positive, negative, neutral });
      });
      done += tokens;
      onProgress?.(done, total);
    }
  }

  prepare(days: readonly DayHeadlines[], training = false, whole?: WholeDays | null): JointBatch {
    const present = tf.tensor2d(
      days.map(({ length }) => Math.min(1, length)),
      [days.length, 1],
    );
    if (!training) return { present, ...this.#aggregator.prepare(days.map((day) => this.#scored(day))) };
    return { present, headlines: this.#tokens.pack(days, whole).batch, ...this.#aggregator.layout(days) };
  }

  sizeOf(batch: JointBatch): TextSize {
    return 'headlines' in batch ? packedSize(batch.headlines) : NO_TEXT;
  }

  prepareForInference(): void {
    this.#model.prepareForInference();
  }

  forward({ present, ...batch }: JointBatch, dropout: RandomStream | null): TextOutput {
    const scores =
      'headlines' in batch
        ? { layout: batch, probabilities: this.#probabilities(batch.headlines, dropout) }
        : batch;
    // In float32: the scaler would magnify rounding.
    return autocast(precisionPolicy('fp32'), () => {
      const sentiment = this.#aggregator.forward(
        'layout' in scores ? this.#aggregator.gather(scores.layout, scores.probabilities) : scores,
      ); // [days, 3]
      const features = standardizeDays(sentiment, present, this.#scaler);
      return { sentiment, features, score: scoreOf(features) };
    });
  }

  namedParameters(): Map<string, tf.Variable> {
    return new Map([...this.#model.namedParameters(), ...this.#aggregator.namedParameters()]);
  }

  partOf(name: string): TextPart {
    if (this.#aggregator.namedParameters().has(name)) return 'aggregate';
    return parameterDepth(name, this.#model.layers) === 0 ? 'head' : 'encoder';
  }

  toJSON(): JointTextRecord {
    const { fingerprint } = this.#model;
    return { kind: 'joint', model: this.#dir, fingerprint, sentiment: this.#scaler.toJSON() };
  }

  dispose(): void {
    this.#model.dispose();
    this.#aggregator.dispose();
  }

  async #fitScaler(train: readonly Sample[], options: ReadOptions): Promise<void> {
    const days = evenlySpaced(
      train.map(({ headlines }) => headlines).filter(({ length }) => length > 0),
      SCALER_DAYS,
    );
    if (days.length === 0) return;
    await this.read(
      days.flatMap((headlines) => headlines.map(({ text }) => text)),
      options,
    );
    const rows = days.flatMap((headlines) => {
      const sentiment = aggregateDay(this.#scored(headlines));
      return sentimentLabels.map((label) => sentiment[label]);
    });
    const { center, scale } = new StandardScaler(sentimentLabels.length).fit(rows).toJSON();
    this.#scaler = StandardScaler.fromJSON({
      kind: 'standard',
      center,
      scale: scale.map((deviation) => Math.max(MIN_SCALE, deviation)),
    });
  }

  /** @returns class probabilities of each headline, in the order of `sentimentLabels`. float32 [headlines, 3] */
  #probabilities(headlines: PackedBatch, dropout: RandomStream | null): tf.Tensor2D {
    const logits = this.#model.forward(headlines, dropout ? { training: true, dropout } : {});
    return autocast(precisionPolicy('fp32'), () => {
      const probabilities = tf.softmax(logits); // [headlines, 3], in the model's order
      const { columns } = this.#model;
      if (columns.every((column, i) => column === i)) return probabilities;
      const order = tf.tensor2d(
        columns.flatMap((_, row) => columns.map((column) => Number(column === row))),
        [3, 3],
      );
      return tf.matMul(probabilities, order);
    });
  }

  #scored(headlines: DayHeadlines): ScoredDayHeadline[] {
    return headlines.map(({ rank, text }) => ({ rank, sentiment: this.#scores.get(text)! }));
  }
}

const hasTrainedHead = ({ newWeights }: TunableModel): boolean => newWeights.length === 0;

/** At most `count` of the values, at even distances. */
function evenlySpaced<T>(values: readonly T[], count: number): T[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]);
}
