import type { Sample, StandardScaler } from '@fin/data';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecastBatch } from '../model/price-text-forecaster.js';
import type { DayHeadlines, WholeDays } from '../text/headline-tokens.js';
import type { TextSource } from '../text/text-source.js';

/** Parts of a forecaster that turn days into tensors. */
export interface BatchMaker {
  /** Null for a model without text. */
  readonly text: TextSource | null;
  /** Scaler of the price features, fitted on the training days; null for a model without prices. */
  readonly prices: StandardScaler | null;
  /** Days in a window. */
  readonly window: number;
}

/**
 * Makes the tensors of several days. The caller disposes them with `disposeBatch`.
 *
 * @param windows raw price features of each day, [window, features] row by row
 * @param headlines the headlines to read for each day
 * @param options.training whether the batch is trained on
 * @param options.whole the batch of which the days are a part
 */
export function makeBatch(
  { text, prices, window }: BatchMaker,
  windows: readonly Sample['window'][],
  headlines: readonly DayHeadlines[],
  { training = false, whole = null }: { readonly training?: boolean; readonly whole?: WholeDays | null } = {},
): ForecastBatch {
  return {
    windows: prices && scaledWindows(windows, prices, window),
    text: text?.prepare(headlines, training, whole) ?? null,
    part: whole && {
      numbers: Int32Array.from(windows.keys(), (day) => whole.first + day),
      of: whole.days.length,
    },
  };
}

function scaledWindows(
  windows: readonly Sample['window'][],
  prices: StandardScaler,
  window: number,
): tf.Tensor3D {
  const features = windows[0].length / window;
  const scaled = new Float32Array(windows.length * window * features);
  windows.forEach((values, day) => {
    scaled.set(prices.transform(values), day * window * features);
  });
  return tf.tensor3d(scaled, [windows.length, window, features]);
}

/** Frees the tensors of a batch. */
export function disposeBatch({ windows, text }: ForecastBatch): void {
  tf.dispose([windows, ...Object.values(text ?? {})].filter((value) => value instanceof tf.Tensor));
}
