import { DamagedFileError } from '@fin/files';
import { addToFinishedRun, RunFolder } from '@fin/run';
import { ForecastInputError } from '../errors.js';
import type { ForecastPoint } from '../metrics/index.js';
import { evaluateForecast } from '../metrics/index.js';
import { parseBaselines } from '../run/baselines-file.js';
import { parsePredictions } from '../run/predictions.js';
import type { Evaluation } from '../run/run-files.js';
import { forecasterRecordSchema, runFiles } from '../run/run-files.js';
import { modelName } from '../text/text-source.js';

/** Confidence level of every interval. */
const LEVEL = 0.95;

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
  const result = await evaluatePredictions(await RunFolder.open(runDir, 'forecaster'));
  onResult?.(result);
  try {
    await addToFinishedRun(runDir, runFiles.evaluation, `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    if ((error as { readonly kind?: string }).kind !== 'environment') throw error;
    onNote?.(`the evaluation was not stored: ${(error as Error).message}`);
  }
  return result;
}

async function evaluatePredictions(run: RunFolder): Promise<Evaluation> {
  const file = run.path(runFiles.predictions);
  const predictions = parsePredictions(await run.readText(runFiles.predictions), file);
  const test = predictions.filter(({ split }) => split === 'test');
  if (test.length === 0) {
    throw new ForecastInputError(
      `${file}: no forecasts of a test split; the data must reach beyond the test split's start.`,
    );
  }
  const { text } = await run.readJson(runFiles.forecaster, forecasterRecordSchema);
  const baselines = parseBaselines(await run.readText(runFiles.baselines), run.path(runFiles.baselines));
  checkDays(baselines[0].test, test, run.path(runFiles.baselines));
  return {
    split: 'test',
    n: test.length,
    first: test[0].targetDate,
    last: test[test.length - 1].targetDate,
    level: LEVEL,
    rows: [
      evaluateForecast(modelName(text), test, { level: LEVEL }),
      ...baselines.map(({ model, test: points }) => evaluateForecast(model, points, { level: LEVEL })),
    ],
  };
}

/** Throws unless the baselines were forecast for the model's days and closes. */
function checkDays(baseline: readonly ForecastPoint[], model: readonly ForecastPoint[], file: string): void {
  const differs = model.findIndex((point, i) => {
    const other = baseline[i];
    return (
      other?.targetDate !== point.targetDate ||
      other.lastClose !== point.lastClose ||
      other.actual !== point.actual
    );
  });
  if (differs < 0 && baseline.length === model.length) return;
  const day = model[differs]?.targetDate ?? baseline[model.length].targetDate;
  throw new DamagedFileError(
    file,
    `the test day ${day} is not the same as in ${runFiles.predictions}; train the run again`,
  );
}
