import type { Sample } from '@fin/data';
import type { RandomStream } from '@fin/runtime';
import type { TrainingData } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecastBatch } from '../model/price-text-forecaster.js';
import { drawHeadlines } from '../text/headline-tokens.js';
import type { Forecaster } from './forecaster.js';
import { makeBatch } from './make-batch.js';

/** Days and what came of them. */
export interface TrainingBatch {
  readonly input: ForecastBatch;
  /** Standardized log return to the next close. float32 [days] */
  readonly target: tf.Tensor1D;
}

/**
 * The training days as the loop takes them. Each batch reads a fresh draw of every day's headlines, so that an epoch costs
 * less than all of them and no two epochs are the same.
 *
 * @param draws decides which headlines are read, by the step that reads them, so that a run that was interrupted reads the same
 */
export function trainingData(
  forecaster: Forecaster,
  samples: readonly Sample[],
  draws: RandomStream,
): TrainingData<TrainingBatch> {
  const { trainHeadlinesPerDay } = forecaster.model.text;
  return {
    size: samples.length,
    batch(indices, { step }) {
      const days = Array.from(indices, (index) => samples[index]);
      const draw = draws.at(step);
      const headlines = days.map((day, i) => drawHeadlines(day.headlines, trainHeadlinesPerDay, draw.at(i)));
      const windows = days.map(({ window }) => window);
      const returns = forecaster.target.transform(days.map(({ targetLogReturn }) => targetLogReturn));
      return {
        input: makeBatch(forecaster.batches, windows, headlines),
        target: tf.tensor1d(Float32Array.from(returns)),
      };
    },
  };
}
