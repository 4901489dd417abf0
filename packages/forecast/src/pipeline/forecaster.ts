import type { DecisionInput, FeatureName, Sample } from '@fin/data';
import { defaultFeatures, distinctRows, StandardScaler } from '@fin/data';
import type { BertConfig } from '@fin/finbert-lora';
import { BertTokenizer, buildVocabulary, createConfig } from '@fin/finbert-lora';
import { randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { PriceTextForecaster, sentimentLabels } from '../model/price-text-forecaster.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { ForecasterRecord } from '../run/forecaster-record.js';
import { HeadlineTokens } from './headline-tokens.js';
import type { BatchMaker } from './make-batch.js';
import { disposeBatch, makeBatch } from './make-batch.js';

/** Days per forward pass when nothing is trained. */
const INFERENCE_DAYS = 32;

/** What the model says after one decision day. */
export interface DayForecast {
  /** Forecast of the log return to the next close. */
  readonly logReturn: number;
  /** Mean class probabilities of the day's headlines; zeros on a day without any. */
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
}

/** A model with all that turns days into its input and its output into log returns. */
export class Forecaster {
  readonly model: PriceTextForecaster;
  readonly batches: BatchMaker;
  /** Scaler of the target log return. */
  readonly target: StandardScaler;
  readonly #record: ForecasterRecord;

  private constructor(record: ForecasterRecord) {
    const { settings, vocabulary, priceFeatures } = record;
    const tokenizer = BertTokenizer.fromVocab(vocabulary, { maxLength: settings.encoder.maxLength });
    this.#record = record;
    this.target = StandardScaler.fromJSON(record.target);
    this.batches = {
      tokens: new HeadlineTokens(tokenizer),
      prices: StandardScaler.fromJSON(record.prices),
      window: settings.window,
    };
    this.model = new PriceTextForecaster({
      bert: bertConfig(settings, vocabulary.length),
      priceFeatures: priceFeatures.length,
      lstmHiddenSize: settings.lstmHiddenSize,
      fusionSize: settings.fusionSize,
      init: randomStreams(settings.seed).stream('init'),
    });
  }

  /** A new forecaster with random weights; vocabulary and scalers come from the training days alone. */
  static fromTraining(train: readonly Sample[], settings: ForecasterSettings): Forecaster {
    const texts = train.flatMap(({ headlines }) => headlines.map(({ text }) => text));
    return new Forecaster({
      format: 'fin-forecaster',
      version: 1,
      settings,
      vocabulary: buildVocabulary(texts, { size: settings.encoder.vocabularySize }),
      priceFeatures: defaultFeatures,
      prices: new StandardScaler(defaultFeatures.length).fit(distinctRows(train)).toJSON(),
      target: new StandardScaler(1).fit(train.map(({ targetLogReturn }) => targetLogReturn)).toJSON(),
    });
  }

  /** The forecaster that a record describes, with random weights: load the checkpoint's into `model`. */
  static fromRecord(record: ForecasterRecord): Forecaster {
    return new Forecaster(record);
  }

  get settings(): ForecasterSettings {
    return this.#record.settings;
  }

  get priceFeatures(): readonly FeatureName[] {
    return this.#record.priceFeatures as readonly FeatureName[];
  }

  toJSON(): ForecasterRecord {
    return this.#record;
  }

  /** Forecasts after each of these days, with all headlines and no dropout. */
  async predict(
    days: readonly DecisionInput[],
    onProgress: (done: number) => void = () => {},
  ): Promise<DayForecast[]> {
    const forecasts: DayForecast[] = [];
    for (let start = 0; start < days.length; start += INFERENCE_DAYS) {
      const part = days.slice(start, start + INFERENCE_DAYS);
      const batch = makeBatch(
        this.batches,
        part.map(({ window }) => window),
        part.map(({ headlines }) => headlines),
      );
      const outputs = tf.tidy(() => {
        const { standardizedReturn, sentiment } = this.model.forward(batch, null);
        return [standardizedReturn, sentiment];
      });
      const [returns, sentiment] = await Promise.all(outputs.map((tensor) => tensor.data()));
      tf.dispose(outputs);
      disposeBatch(batch);
      const logReturns = this.target.inverseTransform(returns);
      logReturns.forEach((logReturn, day) => {
        const [positive, negative, neutral] = sentiment.slice(day * sentimentLabels.length);
        forecasts.push({ logReturn, positive, negative, neutral });
      });
      onProgress(forecasts.length);
    }
    return forecasts;
  }

  dispose(): void {
    this.model.dispose();
  }
}

function bertConfig({ encoder }: ForecasterSettings, vocabSize: number): BertConfig {
  return createConfig({
    vocabSize,
    hiddenSize: encoder.hiddenSize,
    numHiddenLayers: encoder.numHiddenLayers,
    numAttentionHeads: encoder.numAttentionHeads,
    intermediateSize: encoder.intermediateSize,
    maxPositionEmbeddings: encoder.maxLength,
    hiddenDropoutProb: encoder.dropout,
    attentionProbsDropoutProb: encoder.dropout,
    id2label: sentimentLabels,
  });
}
