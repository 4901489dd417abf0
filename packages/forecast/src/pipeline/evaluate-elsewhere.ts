import type { Market, Sample } from '@fin/data';
import { makeSamples } from '@fin/data';
import { RunFolder } from '@fin/run';
import { z } from 'zod';
import { transferBaselines } from '../baselines/forecast-baselines.js';
import type { BaselineSample } from '../baselines/index.js';
import { ForecastInputError } from '../errors.js';
import { modelName } from '../model/model-name.js';
import { parseBaselines } from '../run/baselines-file.js';
import type { Prediction } from '../run/predictions.js';
import { parsePredictions } from '../run/predictions.js';
import type { Evaluation } from '../run/run-files.js';
import { forecasterRecordSchema, runFiles } from '../run/run-files.js';
import { evaluatePredictions } from './evaluate-predictions.js';
import type { Forecaster } from './forecaster.js';
import { loadForecaster } from './load-forecaster.js';
import { makePredictions } from './make-predictions.js';

/** Prices this many times as high or low as in training make changes in index points meaningless. */
const OTHER_LEVEL = 1.5;

/** Options of {@link evaluateElsewhere}. */
export interface EvaluateElsewhereOptions {
  /** First target date to measure, YYYY-MM-DD. @default the first of the market */
  readonly from?: string;
  /** Last target date to measure. @default the last of the market */
  readonly to?: string;
  /** Called with what a reader of the figures has to know, one sentence each. */
  readonly onNote?: (note: string) => void;
  /** Called with the number of days forecast. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between two batches of days; then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/**
 * Evaluates a run's model on another market or period. Nothing is fitted to these data: scalers, vocabulary, weights and baselines are
 * those of the run, and prediction intervals are calibrated on the run's validation days. Writes nothing. Call `loadTensorFlow` first.
 *
 * Baselines that read price features or sentiment are left out, because the run does not keep those of its training days.
 *
 * @returns what `evaluateRun` returns, for all days of the market
 * @throws {ForecastInputError} when a date is none, the run's sentiment model has changed, or a price feature of the run cannot be computed
 * @throws DataInputError when the market is too short for one sample
 */
export async function evaluateElsewhere(
  runDir: string,
  market: Market,
  options: EvaluateElsewhereOptions = {},
): Promise<Evaluation> {
  const { from = '', to = '9999-12-31', signal, onNote, onProgress } = options;
  requireDates(options);
  const run = await RunFolder.open(runDir, 'forecaster');
  const { settings } = await run.readJson(runFiles.forecaster, forecasterRecordSchema);
  const stored = parsePredictions(await run.readText(runFiles.predictions), run.path(runFiles.predictions));
  const forecaster = await loadForecaster(runDir, { precision: settings.precision });
  try {
    const days = samplesFor(forecaster, market).filter(
      ({ targetDate }) => targetDate >= from && targetDate <= to,
    );
    if (days.length === 0) {
      throw new ForecastInputError(
        `${market.name} has no day to forecast from ${from || 'its start'} to ${to}`,
      );
    }
    for (const note of notesOn(days, stored, settings.text !== 'none')) onNote?.(note);
    const test = await makePredictions(
      forecaster,
      { train: [], validation: [], test: days },
      {
        onProgress: (done, total) => {
          signal?.throwIfAborted();
          onProgress?.(done, total);
        },
      },
    );
    const part = (name: Prediction['split']) => stored.filter(({ split }) => split === name);
    // Intervals are calibrated on days that lie before those that they are for.
    const calibrates = part('validation').every(({ targetDate }) => targetDate <= days[0].decisionDate);
    const validation = calibrates ? part('validation') : [];
    if (!calibrates)
      onNote?.('without prediction intervals: these days are not after the validation days of the run');
    const known = parseBaselines(await run.readText(runFiles.baselines), run.path(runFiles.baselines));
    const baselines = transferBaselines(part('train').map(toSample), days.map(withoutWindow)).map(
      (forecasts) => ({
        ...forecasts,
        validation:
          validation.length > 0 ? known.find(({ model }) => model === forecasts.model)!.validation : [],
      }),
    );
    return evaluatePredictions({
      model: modelName(settings),
      predictions: [...part('train'), ...validation, ...test],
      baselines,
      sentimentDays: settings.text === 'none' ? 'none' : 'test',
    });
  } finally {
    forecaster.dispose();
  }
}

function requireDates({ from, to }: EvaluateElsewhereOptions): void {
  for (const [name, date] of Object.entries({ from, to })) {
    if (date === undefined || z.iso.date().safeParse(date).success) continue;
    throw new ForecastInputError(
      `${name} is ${JSON.stringify(date)}, which is not a date: write it as YYYY-MM-DD, such as 2015-01-02`,
    );
  }
}

/** The samples of a market with the run's features. @throws {ForecastInputError} when one of them is not a number */
function samplesFor(forecaster: Forecaster, market: Market): Sample[] {
  const { priceFeatures } = forecaster;
  const samples = makeSamples(market, { window: forecaster.settings.window, features: priceFeatures });
  for (const { window, windowDates } of samples) {
    const at = window.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const feature = priceFeatures[at % priceFeatures.length];
    const day = windowDates[Math.floor(at / priceFeatures.length)];
    throw new ForecastInputError(
      `the feature ${feature}, which the run's scalers were fitted to, cannot be computed for ${day} of ${market.name}`,
    );
  }
  return samples;
}

function* notesOn(
  days: readonly Sample[],
  stored: readonly Prediction[],
  readsText: boolean,
): Generator<string> {
  const learned = stored.filter(({ split }) => split !== 'test');
  const dates = new Set(learned.map(({ targetDate }) => targetDate));
  const overlap = days.filter(({ targetDate }) => dates.has(targetDate));
  if (overlap.length > 0) {
    yield `${overlap.length} of the ${days.length} days, from ${overlap[0].targetDate} to ${overlap.at(-1)!.targetDate}, are ` +
      'training or validation days of the run: the figures are not out of sample';
  }
  if (readsText && days.every(({ headlines }) => headlines.length === 0)) {
    yield 'there is no headline on any of these days, so the text side of the model is neutral throughout';
  }
  const level = meanClose(days) / meanClose(learned);
  if (level > OTHER_LEVEL || level < 1 / OTHER_LEVEL) {
    yield `closes are ${level.toPrecision(2)} times those of the training days; drift and majority-class add a change in index ` +
      'points that was learned there';
  }
}

const meanClose = (days: readonly { readonly lastClose: number }[]): number =>
  days.reduce((sum, { lastClose }) => sum + lastClose, 0) / days.length;

const toSample = ({ decisionDate, targetDate, lastClose, actual }: Prediction): BaselineSample => ({
  decisionDate,
  targetDate,
  lastClose,
  targetClose: actual,
});

const withoutWindow = ({ decisionDate, targetDate, lastClose, targetClose }: Sample): BaselineSample => ({
  decisionDate,
  targetDate,
  lastClose,
  targetClose,
});
