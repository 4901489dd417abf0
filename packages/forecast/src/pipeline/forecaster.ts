import type { Policy, Precision } from '@fin/amp';
import { autocast, precisionPolicy } from '@fin/amp';
import type { DecisionInput, FeatureName, Sample } from '@fin/data';
import { distinctRows, StandardScaler, sentimentLabels } from '@fin/data';
import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecastBatch, ForecastOutput } from '../model/price-text-forecaster.js';
import { PriceTextForecaster } from '../model/price-text-forecaster.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { Target } from '../model/target.js';
import { targets } from '../model/target.js';
import type { ForecasterRecord } from '../run/run-files.js';
import type { TextSource } from '../text/text-source.js';
import type { BatchMaker } from './make-batch.js';
import { disposeBatch, makeBatch } from './make-batch.js';

/** Days per forward pass outside training. */
const INFERENCE_DAYS = 32;

/** Forecast after one decision day. */
export interface DayForecast {
  /** Forecast of the next close, index points. */
  readonly close: number;
  /** Forecast of the log return to the next close. */
  readonly logReturn: number;
  /** Mean class probabilities of the day's headlines; zeros on a day without any, and without a text side. */
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
}

/** Settings of {@link Forecaster.predict}. */
export interface PredictOptions {
  /** Called with the number of days that are done. */
  readonly onProgress?: (days: number) => void;
  /** Called with the tokens that the text side has scored, and their total, before the first day is done. */
  readonly onScoring?: (done: number, total: number) => void;
  /** Stops between two batches; then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/** Parts that a new forecaster needs. */
export interface ForecasterParts {
  /** Text side of the model; freed with the forecaster. Null for prices alone. */
  readonly text: TextSource | null;
  /** Source of the initial weights. */
  readonly init: RandomStream;
  /** Number format of the forward pass. @default 'fp32' */
  readonly precision?: Precision;
}

/** The model with its preprocessing and scalers: takes decision days, returns forecasts. */
export class Forecaster {
  readonly model: PriceTextForecaster;
  readonly batches: BatchMaker;
  /** The value to forecast. */
  readonly target: Target;
  /** Scaler of the values to forecast. */
  readonly targetScaler: StandardScaler;
  /** Precision of the forward pass. */
  readonly policy: Policy;
  readonly #record: Omit<ForecasterRecord, 'text'>;

  private constructor(record: Omit<ForecasterRecord, 'text'>, parts: ForecasterParts) {
    const { text, init, precision = 'fp32' } = parts;
    const { settings, priceFeatures: features } = record;
    this.policy = precisionPolicy(precision);
    this.#record = record;
    this.target = targets[settings.target];
    this.targetScaler = StandardScaler.fromJSON(record.target);
    this.batches = {
      text,
      prices: settings.prices ? StandardScaler.fromJSON(record.prices) : null,
      window: settings.window,
    };
    this.model = new PriceTextForecaster({
      text,
      prices: settings.prices ? { features: features.length, lstm: settings.lstm } : null,
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
    const { features } = train[0];
    const target = targets[settings.target];
    const record: Omit<ForecasterRecord, 'text'> = {
      format: 'fin-forecaster',
      version: 3,
      settings,
      priceFeatures: features,
      prices: new StandardScaler(features.length).fit(distinctRows(train)).toJSON(),
      target: new StandardScaler(1).fit(train.map(target.of)).toJSON(),
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
    return { ...this.#record, text: this.model.text?.toJSON() ?? null };
  }

  /** Forward pass in the forecaster's precision. @param dropout source of dropout noise; null (evaluation) drops nothing */
  forward(batch: ForecastBatch, dropout: RandomStream | null): ForecastOutput {
    return autocast(this.policy, () => this.model.forward(batch, dropout));
  }

  /** Forecasts for these decision days, with all headlines and without dropout. */
  async predict(
    days: readonly DecisionInput[],
    { onProgress, onScoring, signal }: PredictOptions = {},
  ): Promise<DayForecast[]> {
    const forecasts: DayForecast[] = [];
    await this.model.text?.read(
      days.flatMap(({ headlines }) => headlines.map(({ text }) => text)),
      { onProgress: onScoring, signal },
    );
    for (let start = 0; start < days.length; start += INFERENCE_DAYS) {
      signal?.throwIfAborted();
      const part = days.slice(start, start + INFERENCE_DAYS);
      const batch = makeBatch(
        this.batches,
        part.map(({ window }) => window),
        part.map(({ headlines }) => headlines),
      );
      const outputs = tf.tidy(() => {
        const { standardized, sentiment } = this.forward(batch, null);
        return sentiment ? [standardized, sentiment] : [standardized];
      });
      const [values, sentiment] = await Promise.all(outputs.map((tensor) => tensor.data()));
      tf.dispose(outputs);
      disposeBatch(batch);
      this.targetScaler.inverseTransform(values).forEach((value, day) => {
        const [positive, negative, neutral] = sentiment?.slice(day * sentimentLabels.length) ?? [0, 0, 0];
        forecasts.push({
          ...this.target.forecast(value, part[day].lastClose),
          positive,
          negative,
          neutral,
        });
      });
      onProgress?.(forecasts.length);
    }
    return forecasts;
  }

  /**
   * Makes the forecaster as fast as it can be: adapters of the text side are merged into the weights. It cannot be trained or saved
   * afterwards. Forecasts differ in the last digits.
   */
  prepareForInference(): void {
    this.model.text?.prepareForInference();
  }

  dispose(): void {
    this.model.dispose();
  }
}
