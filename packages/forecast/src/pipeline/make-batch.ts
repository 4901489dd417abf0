import type { Sample, StandardScaler } from '@fin/data';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecastBatch } from '../model/price-text-forecaster.js';
import type { DayHeadlines } from '../text/headline-tokens.js';
import type { TextSource } from '../text/text-source.js';

/** Parts of a forecaster that turn days into tensors. */
export interface BatchMaker {
  readonly text: TextSource;
  /** Scaler of the price features, fitted on the training days. */
  readonly prices: StandardScaler;
  /** Days in a window. */
  readonly window: number;
}

/**
 * Makes the tensors of several days. The caller disposes them with `disposeBatch`.
 *
 * @param windows raw price features of each day, [window, features] row by row
 * @param headlines the headlines to read for each day
 */
export function makeBatch(
  { text, prices, window }: BatchMaker,
  windows: readonly Sample['window'][],
  headlines: readonly DayHeadlines[],
): ForecastBatch {
  const features = windows[0].length / window;
  const scaled = new Float32Array(windows.length * window * features);
  windows.forEach((values, day) => {
    scaled.set(prices.transform(values), day * window * features);
  });
  return {
    windows: tf.tensor3d(scaled, [windows.length, window, features]),
    text: text.prepare(headlines),
  };
}

/** Frees the tensors of a batch. */
export function disposeBatch({ windows, text }: ForecastBatch): void {
  tf.dispose([windows, ...Object.values(text).filter((value) => value instanceof tf.Tensor)]);
}
