import type { Sample, Split, SplitName } from '@fin/data';
import { splitNames } from '@fin/data';
import type { Prediction } from '../run/predictions.js';
import type { Forecaster, PredictOptions } from './forecaster.js';

/** Options of {@link makePredictions}. */
export interface MakePredictionsOptions extends Omit<PredictOptions, 'onProgress'> {
  /** Splits to forecast. @default all */
  readonly splits?: readonly SplitName[];
  readonly onProgress: (done: number, total: number) => void;
}

/** Makes the forecasts for all days of the splits, in time order. */
export async function makePredictions(
  forecaster: Forecaster,
  split: Split<Sample>,
  { onProgress, splits = splitNames, ...options }: MakePredictionsOptions,
): Promise<Prediction[]> {
  const days = splits.flatMap((name) => split[name].map((sample) => ({ name, sample })));
  const forecasts = await forecaster.predict(
    days.map(({ sample }) => sample),
    { ...options, onProgress: (done) => onProgress(done, days.length) },
  );
  return days.map(({ name, sample }, i) => {
    const { close, logReturn, positive, negative, neutral } = forecasts[i];
    return {
      split: name,
      decisionDate: sample.decisionDate,
      targetDate: sample.targetDate,
      lastClose: sample.lastClose,
      actual: sample.targetClose,
      predicted: close,
      predictedLogReturn: logReturn,
      sentiment: positive - negative,
      positive,
      negative,
      neutral,
    };
  });
}
