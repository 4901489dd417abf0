import type { Sample, StandardScaler } from '@fin/data';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecastBatch } from '../model/price-text-forecaster.js';
import type { DayHeadlines, HeadlineTokens } from './headline-tokens.js';

/** What turns days into tensors. */
export interface BatchMaker {
  readonly tokens: HeadlineTokens;
  /** Scaler of the price features, fitted on the training days. */
  readonly prices: StandardScaler;
  /** Days in a window. */
  readonly window: number;
}

/**
 * The tensors of several days. The caller disposes `windows` and `dayMeans`.
 *
 * @param windows raw price features of each day, [window, features] row by row
 * @param headlines the headlines to read for each day
 */
export function makeBatch(
  { tokens, prices, window }: BatchMaker,
  windows: readonly Sample['window'][],
  headlines: readonly DayHeadlines[],
): ForecastBatch {
  const features = windows[0].length / window;
  const scaled = new Float32Array(windows.length * window * features);
  windows.forEach((values, day) => {
    scaled.set(prices.transform(values), day * window * features);
  });
  const { batch, dayOf } = tokens.pack(headlines);
  const means = new Float32Array(windows.length * dayOf.length);
  dayOf.forEach((day, headline) => {
    means[day * dayOf.length + headline] = 1 / headlines[day].length;
  });
  return {
    windows: tf.tensor3d(scaled, [windows.length, window, features]),
    headlines: batch,
    dayMeans: tf.tensor2d(means, [windows.length, dayOf.length]),
  };
}

/** Frees the tensors of a batch. */
export function disposeBatch({ windows, dayMeans }: ForecastBatch): void {
  tf.dispose([windows, dayMeans]);
}
