import type { Policy, Precision } from '@fin/amp';
import { autocast, precisionPolicy } from '@fin/amp';
import type { DecisionInput, FeatureName, Sample } from '@fin/data';
import { defaultFeatures, distinctRows, StandardScaler, sentimentLabels } from '@fin/data';
import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecastBatch, ForecastOutput } from '../model/price-text-forecaster.js';
import { PriceTextForecaster } from '../model/price-text-forecaster.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { ForecasterRecord } from '../run/run-files.js';
import type { TextSource } from '../text/text-source.js';
import type { BatchMaker } from './make-batch.js';
import { disposeBatch, makeBatch } from './make-batch.js';

/** Days per forward pass outside training. */
const INFERENCE_DAYS = 32;

/** Forecast after one decision day. */
export interface DayForecast {
  /** Forecast of the log return to the next close. */
  readonly logReturn: number;
  /** Mean class probabilities of the day's headlines; zeros on a day without any. */
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
}

/** Parts that a new forecaster needs. */
export interface ForecasterParts {
  /** Text side of the model; freed with the forecaster. */
  readonly text: TextSource;
  /** Source of the initial weights. */
  readonly init: RandomStream;
  /** Number format of the forward pass. @default 'fp32' */
  readonly precision?: Precision;
}

/** The model with its preprocessing and scalers: takes decision days, returns log returns. */
export class Forecaster {
  readonly model: PriceTextForecaster;
  readonly batches: BatchMaker;
  /** Scaler of the target log return. */
  readonly target: StandardScaler;
  /** Precision of the forward pass. */
  readonly policy: Policy;
  readonly #record: Omit<ForecasterRecord, 'text'>;

  private constructor(record: Omit<ForecasterRecord, 'text'>, parts: ForecasterParts) {
    const { text, init, precision = 'fp32' } = parts;
    const { settings, priceFeatures } = record;
    this.policy = precisionPolicy(precision);
    this.#record = record;
    this.target = StandardScaler.fromJSON(record.target);
    this.batches = {
      text,
      prices: StandardScaler.fromJSON(record.prices),
      window: settings.window,
    };
    this.model = new PriceTextForecaster({
      text,
      priceFeatures: priceFeatures.length,
      lstmHiddenSize: settings.lstmHiddenSize,
      fusionSize: settings.fusionSize,
      init,
    });
  }

  /** Makes a new forecaster with random weights. Its scalers are fitted on the training days only. */
  static fromTraining(
    train: readonly Sample[],
    settings: ForecasterSettings,
    parts: ForecasterParts,
  ): Forecaster {
    const record: Omit<ForecasterRecord, 'text'> = {
      format: 'fin-forecaster',
      version: 2,
      settings,
      priceFeatures: defaultFeatures,
      prices: new StandardScaler(defaultFeatures.length).fit(distinctRows(train)).toJSON(),
      target: new StandardScaler(1).fit(train.map(({ targetLogReturn }) => targetLogReturn)).toJSON(),
    };
    return new Forecaster(record, parts);
  }

  /** Makes a forecaster from its record. Its weights are random; load the checkpoint's weights into `model` next. */
  static fromRecord({ text: _, ...record }: ForecasterRecord, parts: ForecasterParts): Forecaster {
    return new Forecaster(record, parts);
  }

  get settings(): ForecasterSettings {
    return this.#record.settings;
  }

  get priceFeatures(): readonly FeatureName[] {
    return this.#record.priceFeatures as readonly FeatureName[];
  }

  toJSON(): ForecasterRecord {
    return { ...this.#record, text: this.model.text.toJSON() };
  }

  /** Forward pass in the forecaster's precision. @param dropout source of dropout noise; null (evaluation) drops nothing */
  forward(batch: ForecastBatch, dropout: RandomStream | null): ForecastOutput {
    return autocast(this.policy, () => this.model.forward(batch, dropout));
  }

  /** Forecasts for these decision days, with all headlines and without dropout. */
  async predict(
    days: readonly DecisionInput[],
    onProgress: (done: number) => void = () => {},
  ): Promise<DayForecast[]> {
    const forecasts: DayForecast[] = [];
    await this.model.text.read(days.flatMap(({ headlines }) => headlines.map(({ text }) => text)));
    for (let start = 0; start < days.length; start += INFERENCE_DAYS) {
      const part = days.slice(start, start + INFERENCE_DAYS);
      const batch = makeBatch(
        this.batches,
        part.map(({ window }) => window),
        part.map(({ headlines }) => headlines),
      );
      const outputs = tf.tidy(() => {
        const { standardizedReturn, sentiment } = this.forward(batch, null);
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
