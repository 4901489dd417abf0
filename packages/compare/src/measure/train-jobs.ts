import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelledSentence, Sample, Split } from '@fin/data';
import { listFiles, makeFolder, writeFileAtomically } from '@fin/files';
import type { Forecaster, ForecasterSettings } from '@fin/forecast';
import { evaluateForecast, fitForecaster, forecastPoint, newForecaster } from '@fin/forecast';
import type { ProfileSummary } from '@fin/profiler';
import { randomStreams } from '@fin/runtime';
import type { TuningSettings } from '@fin/sentiment';
import { evaluateSentiment, fitOnSentences, openTunableModel } from '@fin/sentiment';
import type { FitEvent } from '@fin/train';
import { countParameters, profileFit, saveWeights } from '@fin/train';
import type { Measurement, Scores } from '../results/measurement.js';
import { TrainingMeter } from './training-meter.js';

/** A training to measure, as plain data. */
export type TrainJob = TrainSettings & (SentimentTraining | ForecastTraining);

interface TrainSettings {
  /** Folder to write the trained weights to; it does not exist. */
  readonly checkpoint: string;
  /** Number of updates; null trains whole epochs and scores the model. */
  readonly maxSteps: number | null;
}

interface SentimentTraining {
  readonly job: 'sentiment';
  readonly settings: TuningSettings;
  /** `int8`: the saved model is scored so, and its weights are measured; null: the trained one. */
  readonly inference: 'int8' | null;
  /** Folder of the encoder. */
  readonly model: string;
  readonly split: Split<LabelledSentence>;
}

interface ForecastTraining {
  readonly job: 'forecast';
  readonly settings: ForecasterSettings;
  readonly split: Split<Sample>;
}

/** Result of a training. */
export type TrainResult = Pick<
  Measurement,
  'training' | 'checkpoint' | 'trainableParameters' | 'parameters' | 'epochs' | 'scores'
>;

/** Files of a forecaster's checkpoint. */
export const forecasterFiles = { record: 'forecaster.json', weights: 'model.safetensors' } as const;

const NO_SCORES: Scores = {
  rmse: null,
  mae: null,
  mape: null,
  directionalAccuracy: null,
  accuracy: null,
  macroF1: null,
};

/** Trains a model, measures what that costs, and saves it. Reports the share that is done. */
export async function runTrainJob(job: TrainJob, onProgress: (share: number) => void): Promise<TrainResult> {
  return train(job, (event) => {
    if (event.type === 'step') onProgress(event.step / event.totalSteps);
  });
}

/** A {@link TrainJob} whose first updates are profiled. */
export type ProfileJob = TrainJob & {
  /** What the profile is of, by name. */
  readonly about: ProfileSummary['about'];
};

/** Trains a model for some updates and profiles them. Reports the share that is done. */
export async function runProfileJob(
  { about, ...job }: ProfileJob,
  onProgress: (share: number) => void,
): Promise<ProfileSummary> {
  const taken: ProfileSummary[] = [];
  const recorder = profileFit(about, ({ summary }) => taken.push(summary));
  await train(job, (event) => {
    recorder.see(event);
    if (event.type === 'step') onProgress(event.step / event.totalSteps);
  });
  await recorder.close();
  return taken[0];
}

function train(job: TrainJob, seen: (event: FitEvent) => void): Promise<TrainResult> {
  const meter = new TrainingMeter();
  const onEvent = (event: FitEvent): void => {
    meter.see(event);
    seen(event);
  };
  return job.job === 'sentiment' ? trainSentiment(job, meter, onEvent) : trainForecast(job, meter, onEvent);
}

async function trainSentiment(
  { settings, inference, model: dir, split, checkpoint, maxSteps }: TrainSettings & SentimentTraining,
  meter: TrainingMeter,
  onEvent: (event: FitEvent) => void,
): Promise<TrainResult> {
  const model = await openTunableModel(dir, settings, randomStreams(settings.seed));
  try {
    const counts = countParameters(model);
    const { trainTokens, test } = await fitOnSentences(model, split, {
      settings,
      maxSteps: maxSteps ?? undefined,
      onEvent,
    });
    const updates = Math.ceil(split.train.length / settings.batchSize);
    const training = await meter.end({
      texts: split.train.length / updates,
      tokens: trainTokens / updates,
      model,
    });
    await model.save(checkpoint);
    const quantized =
      inference === null ? null : await evaluateSentiment(checkpoint, split.test, { precision: inference });
    const report = maxSteps === null ? (quantized?.report ?? (await test())) : null;
    const scores = report && { ...NO_SCORES, accuracy: report.accuracy, macroF1: report.macroF1 };
    return {
      training: quantized === null ? training : { ...training, weightBytes: quantized.weightBytes },
      checkpoint: await sizeOf(checkpoint),
      ...counts,
      epochs: meter.epochs,
      scores,
    };
  } finally {
    model.dispose();
  }
}

async function trainForecast(
  { settings, split, checkpoint, maxSteps }: TrainSettings & ForecastTraining,
  meter: TrainingMeter,
  onEvent: (event: FitEvent) => void,
): Promise<TrainResult> {
  const forecaster = await newForecaster(split, settings);
  try {
    const counts = countParameters(forecaster.model);
    const made = { batches: 0, texts: 0, tokens: 0 };
    await fitForecaster(forecaster, split, {
      maxSteps: maxSteps ?? undefined,
      onBatch: ({ texts, tokens }) => {
        made.batches++;
        made.texts += texts;
        made.tokens += tokens;
      },
      onEvent,
    });
    const { gradientAccumulationSteps: passes } = settings;
    const training = await meter.end({
      texts: (passes * made.texts) / made.batches,
      tokens: (passes * made.tokens) / made.batches,
      model: forecaster.model,
    });
    await makeFolder(checkpoint);
    await saveWeights(forecaster.model, join(checkpoint, forecasterFiles.weights), { trainableOnly: true });
    await writeFileAtomically(join(checkpoint, forecasterFiles.record), `${JSON.stringify(forecaster)}\n`);
    const scores = maxSteps === null ? await scoreForecaster(forecaster, split.test) : null;
    return { training, checkpoint: await sizeOf(checkpoint), ...counts, epochs: meter.epochs, scores };
  } finally {
    forecaster.dispose();
  }
}

async function scoreForecaster(forecaster: Forecaster, days: readonly Sample[]): Promise<Scores> {
  const forecasts = await forecaster.predict(days);
  const { rmse, mae, mape, directionalAccuracy } = evaluateForecast(
    'model',
    days.map((day, i) => forecastPoint(day, forecasts[i].close)),
  );
  return { ...NO_SCORES, rmse, mae, mape, directionalAccuracy };
}

async function sizeOf(folder: string): Promise<Measurement['checkpoint']> {
  const names = await listFiles(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return { files: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
