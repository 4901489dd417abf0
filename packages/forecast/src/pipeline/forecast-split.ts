import type { Sample, Split, SplitName } from '@fin/data';
import type { ProcessGroup } from '@fin/parallel';
import type { CheckpointOptions, FitEvent } from '@fin/train';
import { countParameters } from '@fin/train';
import { modelName } from '../model/model-name.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { Prediction } from '../run/predictions.js';
import { fitForecaster } from './fit-forecaster.js';
import type { Forecaster } from './forecaster.js';
import { makePredictions } from './make-predictions.js';
import type { NewForecasterOptions } from './new-forecaster.js';
import { newForecaster } from './new-forecaster.js';
import type { SplitEvent } from './train-events.js';

/** Options of {@link forecastSplit}. */
export interface ForecastSplitOptions extends Omit<NewForecasterOptions, 'onScoring'> {
  /** Splits to forecast. Training days are many, and few need their forecasts. @default all */
  readonly splits?: readonly SplitName[];
  /** Stops between two updates, or between two batches of days; then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Called with the progress of each phase. */
  readonly onEvent?: (event: SplitEvent) => void;
}

/** Forecasts of a model that was trained on one split. */
export interface SplitForecast {
  /** Name of the model's row in tables. */
  readonly model: string;
  /** Forecasts of all days of the splits, in time order. */
  readonly predictions: readonly Prediction[];
  /** Number of parameters, frozen ones included. */
  readonly parameters: number;
  /** Number of trained parameters. */
  readonly trainableParameters: number;
  /** Number of epochs trained. */
  readonly epochs: number;
  /** Epoch with the lowest validation loss; the forecasts are from it. */
  readonly bestEpoch: number;
  /** Huber loss of that epoch on the validation days, in squared standard deviations of the training days' targets. */
  readonly validationLoss: number;
  readonly seconds: number;
}

/**
 * Trains a forecaster on one split, without a run folder, and forecasts all of its days. Everything is fitted on `split.train`;
 * `split.validation` decides when training stops; `split.test` influences nothing and may be empty. Call `loadTensorFlow` first.
 *
 * @throws `signal.reason` when the signal stopped the training
 * @example
 * const [fold] = walkForward(makeSamples(market), { trainSize: 750, validationSize: 125, testSize: 63 });
 * const { predictions } = await forecastSplit(fold, resolveSettings({ epochs: 5 }));
 */
export async function forecastSplit(
  split: Split<Sample>,
  settings: ForecasterSettings,
  { onEvent, ...options }: ForecastSplitOptions = {},
): Promise<SplitForecast> {
  const onFit = (event: FitEvent): void => {
    if (event.type !== 'step') return;
    const { step, totalSteps, loss } = event;
    onEvent?.({ kind: 'step', phase: 'training', done: step, total: totalSteps, loss });
  };
  const trained = await trainOnSplit(
    split,
    settings,
    { ...options, onEvent, onFit },
    async (_, forecast) => forecast,
  );
  if (trained !== null) return trained;
  throw options.signal!.reason;
}

/** Options of {@link trainOnSplit}. */
export interface TrainOnSplitOptions extends ForecastSplitOptions {
  readonly onFit: (event: FitEvent) => void;
  /** Makes the options of checkpoints for the forecaster. @default no checkpoints */
  readonly checkpoints?: (forecaster: Forecaster) => CheckpointOptions;
  /** Processes that train together. Rank 0 alone forecasts afterwards. @default this process alone */
  readonly group?: ProcessGroup;
}

/**
 * Trains a forecaster on one split and forecasts all of its days.
 *
 * @param keep called with the trained forecaster, which is freed afterwards
 * @returns the result of `keep`; null when the signal stopped the training, and on other ranks than 0
 */
export async function trainOnSplit<Result>(
  split: Split<Sample>,
  settings: ForecasterSettings,
  { scores, pretrained, splits, signal, onEvent, onFit, checkpoints, group }: TrainOnSplitOptions,
  keep: (forecaster: Forecaster, forecast: SplitForecast) => Promise<Result>,
): Promise<Result | null> {
  const started = performance.now();
  const progress = (phase: SplitEvent['phase']) => (done: number, total: number) => {
    signal?.throwIfAborted();
    onEvent?.({ kind: 'step', phase, done, total, loss: null });
  };
  const forecaster = await newForecaster(split, settings, {
    scores,
    pretrained,
    signal,
    onScoring: progress('scoring'),
  });
  try {
    const result = await fitForecaster(forecaster, split, {
      checkpoints: checkpoints?.(forecaster),
      signal,
      group,
      onEvent: onFit,
    });
    if (group && group.rank > 0) return null;
    if (result.reason === 'aborted' || result.best === null) return null;
    const predictions = await makePredictions(forecaster, split, {
      onProgress: progress('forecasting'),
      onScoring: progress('scoring'),
      splits,
      signal,
    });
    return await keep(forecaster, {
      model: modelName(settings),
      predictions,
      ...countParameters(forecaster.model),
      epochs: Math.round(result.epochs),
      bestEpoch: Math.round(result.best.epoch),
      validationLoss: result.best.metrics.loss,
      seconds: (performance.now() - started) / 1000,
    });
  } finally {
    forecaster.dispose();
  }
}
