import { DamagedFileError } from '@fin/files';
import { addToFinishedRun, RunFolder } from '@fin/run';
import { ForecastInputError } from '../errors.js';
import { firstDifferentDay } from '../metrics/daily.js';
import { modelName } from '../model/model-name.js';
import { parseBaselines } from '../run/baselines-file.js';
import { parsePredictions } from '../run/predictions.js';
import type { Evaluation } from '../run/run-files.js';
import { forecasterRecordSchema, runFiles } from '../run/run-files.js';
import { evaluatePredictions } from './evaluate-predictions.js';

/** Days whose sentiment does not depend on their returns: that of a trained text side does on the training days. */
const sentimentDays = { none: 'none', random: 'test', scored: 'all', joint: 'test' } as const;

/** Settings of {@link evaluateRun}. */
export interface EvaluateRunOptions {
  /** Called with the result before it is stored. */
  readonly onResult?: (evaluation: Evaluation) => void;
  /** Called with the reason, as a sentence, when the result cannot be stored, such as on a read-only disk. */
  readonly onNote?: (note: string) => void;
}

/**
 * Compares a run's test forecasts with those of its baselines, and adds `evaluation.json` to the
 * run folder. Reads nothing but the run folder. If the folder cannot be written to, the result is still returned.
 *
 * @param runDir folder that `trainForecaster` wrote
 * @returns the rows: the model, then its baselines
 * @throws {RunInputError} of `@fin/run` when the folder holds no run, or one of another kind
 * @throws {DamagedFileError} of `@fin/files` naming the file and line that differ from what the run wrote
 * @throws {ForecastInputError} when there are no forecasts of a test split
 */
export async function evaluateRun(
  runDir: string,
  { onResult, onNote }: EvaluateRunOptions = {},
): Promise<Evaluation> {
  const result = await evaluateFiles(await RunFolder.open(runDir, 'forecaster'));
  onResult?.(result);
  try {
    await addToFinishedRun(runDir, runFiles.evaluation, `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    if ((error as { readonly kind?: string }).kind !== 'environment') throw error;
    onNote?.(`the evaluation was not stored: ${(error as Error).message}`);
  }
  return result;
}

async function evaluateFiles(run: RunFolder): Promise<Evaluation> {
  const file = run.path(runFiles.predictions);
  const predictions = parsePredictions(await run.readText(runFiles.predictions), file);
  const test = predictions.filter(({ split }) => split === 'test');
  if (test.length === 0) {
    throw new ForecastInputError(
      `${file}: no forecasts of a test split; the data must reach beyond the test split's start.`,
    );
  }
  const { settings } = await run.readJson(runFiles.forecaster, forecasterRecordSchema);
  const baselines = parseBaselines(await run.readText(runFiles.baselines), run.path(runFiles.baselines));
  const day = firstDifferentDay(test, baselines[0].test);
  if (day !== null) {
    throw new DamagedFileError(
      run.path(runFiles.baselines),
      `the test day ${day} is not the same as in ${runFiles.predictions}; train the run again`,
    );
  }
  return evaluatePredictions({
    model: modelName(settings),
    predictions,
    baselines,
    sentimentDays: sentimentDays[settings.text],
  });
}
