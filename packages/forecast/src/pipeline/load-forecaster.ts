import type { Precision } from '@fin/amp';
import { RunFolder } from '@fin/run';
import type { Module } from '@fin/runtime';
import { randomStreams } from '@fin/runtime';
import { loadWeights } from '@fin/train';
import type { ForecasterRecord } from '../run/run-files.js';
import { forecasterRecordSchema, runFiles } from '../run/run-files.js';
import { openTextSource } from '../text/open-text-source.js';
import { Forecaster } from './forecaster.js';

/** Settings of {@link loadForecaster}. */
export interface LoadForecasterOptions {
  /**
   * Number format of the forward pass; it may differ from the precision of training. A sentiment model always uses the precision
   * of training, since the forecaster was fitted to its scores in that precision. @default 'fp32'
   */
  readonly precision?: Precision;
}

/**
 * Loads the forecaster that a run trained, after comparing the run's files with its manifest. The caller disposes it.
 *
 * @throws {RunInputError} of `@fin/run` when the folder holds no run, or one of another kind
 * @throws {ForecastInputError} when its sentiment model is missing or has changed
 * @throws {DamagedFileError} of `@fin/files` naming the file and field that are not as the run wrote them
 */
export async function loadForecaster(
  runDir: string,
  options: LoadForecasterOptions = {},
): Promise<Forecaster> {
  return forecasterOfRun(await RunFolder.open(runDir, 'forecaster'), options);
}

/** As {@link loadForecaster}, of a run that is open. */
export async function forecasterOfRun(
  run: RunFolder,
  { precision }: LoadForecasterOptions = {},
): Promise<Forecaster> {
  const record = await run.readJson(runFiles.forecaster, forecasterRecordSchema);
  return openForecaster(record, run.path(runFiles.weights), { precision });
}

/**
 * Makes a forecaster from its record and a file with its trained weights, outside of a run. The caller disposes it.
 *
 * @param record the JSON form of a `Forecaster`
 * @param weights safetensors file with the trainable parameters, from `saveWeights`
 * @throws {ForecastInputError} when its sentiment model is missing or has changed
 * @throws {WeightsMismatchError} of `@fin/train` when the weights are those of another model
 */
export async function openForecaster(
  record: ForecasterRecord,
  weights: string,
  { precision }: LoadForecasterOptions = {},
): Promise<Forecaster> {
  const init = randomStreams(record.settings.seed).stream('init');
  const text = await openTextSource(record.text, record.settings, init);
  const forecaster = Forecaster.fromRecord(record, { text, init, precision });
  try {
    await loadWeights(trainedPart(forecaster), weights);
    return forecaster;
  } catch (error) {
    forecaster.dispose();
    throw error;
  }
}

/** The weights that a run stores. Frozen ones are those of the model that training started from. */
function trainedPart({ model }: Forecaster): Module {
  const trained = [...model.namedParameters()].filter(([, { trainable }]) => trainable);
  return { namedParameters: () => new Map(trained) };
}
