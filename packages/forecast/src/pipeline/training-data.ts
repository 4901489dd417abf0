import type { Sample } from '@fin/data';
import type { RandomStream } from '@fin/runtime';
import type { TrainingData } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecastBatch } from '../model/price-text-forecaster.js';
import type { TextSize } from '../text/headline-tokens.js';
import { drawHeadlines } from '../text/headline-tokens.js';
import type { Forecaster } from './forecaster.js';
import { makeBatch } from './make-batch.js';

/** A batch of training days with their targets. */
export interface TrainingBatch {
  readonly input: ForecastBatch;
  /** Standardized values to forecast. float32 [days] */
  readonly target: tf.Tensor1D;
}

/**
 * Training data for `fit`. Each batch draws a new sample of every day's headlines. An epoch is then cheaper than with all
 * headlines, and no two epochs are the same.
 *
 * @param draws random stream of the draws. They depend only on the number of the update, so a resumed run draws the same
 *   headlines.
 * @param onBatch called with the size of the text of each batch that is made
 */
export function trainingData(
  forecaster: Forecaster,
  samples: readonly Sample[],
  draws: RandomStream,
  onBatch?: (size: TextSize) => void,
): TrainingData<TrainingBatch> {
  const { text } = forecaster.model;
  const count = text?.trainHeadlinesPerDay ?? null;
  return {
    size: samples.length,
    batch(indices, { step, whole, first }) {
      const days = Array.from(indices, (index) => samples[index]);
      const draw = draws.at(step);
      const drawn = Array.from(whole, (index, i) =>
        drawHeadlines(samples[index].headlines, count, draw.at(i)),
      );
      const headlines = drawn.slice(first, first + days.length);
      const windows = days.map(({ window }) => window);
      const values = forecaster.targetScaler.transform(days.map(forecaster.target.of));
      const input = makeBatch(forecaster.batches, windows, headlines, {
        training: true,
        whole: days.length < drawn.length ? { days: drawn, first } : null,
      });
      if (text && input.text) onBatch?.(text.sizeOf(input.text));
      return {
        input,
        target: tf.tensor1d(Float32Array.from(values)),
      };
    },
  };
}
