import type { Precision } from '@fin/amp';
import { RunFolder } from '@fin/run';
import { randomStreams } from '@fin/runtime';
import { loadWeights } from '@fin/train';
import { ForecastInputError } from '../errors.js';
import type { ForecasterRecord } from '../run/forecaster-record.js';
import { runFiles } from '../run/run-files.js';
import { openTextSource } from '../text/open-text-source.js';
import { Forecaster } from './forecaster.js';

/** Settings of {@link loadForecaster}. */
export interface LoadForecasterOptions {
  /**
   * In what the forward pass computes, whatever the run was trained in. A sentiment model scores in the precision in which it
   * scored the training days, since the forecaster was fitted to these scores. @default 'fp32'
   */
  readonly precision?: Precision;
}

/**
 * The forecaster that a run trained, after comparing the run's files with its manifest. The caller disposes it.
 *
 * @throws {ForecastInputError} when the checkpoint is of another format, or its sentiment model is gone or another
 * @throws {DamagedFileError} of `@fin/train` when a file is not what the run wrote
 */
export async function loadForecaster(
  runDir: string,
  { precision }: LoadForecasterOptions = {},
): Promise<Forecaster> {
  const run = await RunFolder.open(runDir);
  const record = await run.readJson<ForecasterRecord>(runFiles.forecaster);
  if (record.format !== 'fin-forecaster' || record.version !== 2) {
    throw new ForecastInputError(
      `${run.path(runFiles.forecaster)} is not a forecaster of version 2; train the run again with this version.`,
    );
  }
  const init = randomStreams(record.settings.seed).stream('init');
  const text = await openTextSource(record.text, record.settings, init);
  const forecaster = Forecaster.fromRecord(record, { text, init, precision });
  try {
    await loadWeights(forecaster.model, run.path(runFiles.weights));
    return forecaster;
  } catch (error) {
    forecaster.dispose();
    throw error;
  }
}
