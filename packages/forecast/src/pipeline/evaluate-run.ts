import { RunFolder } from '@fin/run';
import { evaluateBaselines } from '../baselines/index.js';
import { ForecastInputError } from '../errors.js';
import { evaluateForecast } from '../metrics/index.js';
import type { Evaluation } from '../run/evaluation.js';
import type { ForecasterRecord } from '../run/forecaster-record.js';
import type { Prediction } from '../run/prediction.js';
import { parsePredictions } from '../run/predictions-csv.js';
import { runFiles } from '../run/run-files.js';
import { modelName } from '../text/text-source.js';

/** Confidence level of every interval. */
const LEVEL = 0.95;

/**
 * Scores a run's test forecasts beside its baselines, which are fitted on the run's training days, and writes
 * `evaluation.json` into the run folder. Reads nothing but the run folder.
 *
 * @param runDir folder that `trainForecaster` wrote
 * @returns the rows: the model, persistence, drift, majority class
 * @throws {ForecastInputError} when the folder holds no forecasts of a test split
 */
export async function evaluateRun(runDir: string): Promise<Evaluation> {
  const run = await RunFolder.open(runDir);
  const file = run.path(runFiles.predictions);
  const predictions = parsePredictions(await run.readText(runFiles.predictions), file);
  const test = predictions.filter(({ split }) => split === 'test');
  if (test.length === 0) {
    throw new ForecastInputError(
      `${file}: no forecasts of a test split; the data must reach beyond the test split's start.`,
    );
  }
  const { text } = await run.readJson<ForecasterRecord>(runFiles.forecaster);
  const targets = (part: readonly Prediction[]) => part.map((row) => ({ ...row, targetClose: row.actual }));
  const train = predictions.filter(({ split }) => split === 'train');
  const evaluation: Evaluation = {
    split: 'test',
    n: test.length,
    first: test[0].targetDate,
    last: test[test.length - 1].targetDate,
    level: LEVEL,
    rows: [
      evaluateForecast(modelName(text), test, { level: LEVEL }),
      ...evaluateBaselines(targets(train), targets(test), { level: LEVEL }),
    ],
  };
  const writing = await RunFolder.resume(runDir);
  try {
    await writing.writeJson(runFiles.evaluation, evaluation);
    await writing.finish();
  } finally {
    await writing.close();
  }
  return evaluation;
}
