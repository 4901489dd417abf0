import type { BaselineName, Evaluation, Prediction, RunData } from '@fin/forecast';
import { evaluationSchema, parsePredictions, runDataSchema, runFiles } from '@fin/forecast';
import type { CommonParts } from '../../read/run-file.js';
import { ReportInputError, RunReader } from '../../read/run-file.js';
import { isBaseline } from './verdict.js';

/** A forecaster's run as the report shows it. */
export interface ForecasterRun extends CommonParts {
  readonly data: RunData;
  readonly predictions: readonly Prediction[];
  readonly evaluation: Evaluation;
}

/**
 * Reads the run of a forecaster.
 *
 * @throws {ReportInputError} naming the file that is missing or malformed, or the baseline that the model lacks
 */
export async function readForecaster(runDir: string): Promise<ForecasterRun> {
  const reader = await RunReader.open(runDir, 'forecaster', 'fin train and fin evaluate');
  const predictions = parsePredictions(
    await reader.text(runFiles.predictions, 'fin train'),
    reader.path(runFiles.predictions),
  );
  const evaluation = await reader.json(runFiles.evaluation, 'fin evaluate', evaluationSchema);
  checkEvaluation(reader.path(runFiles.evaluation), evaluation, predictions);
  const data = await reader.json(runFiles.data, 'fin train', runDataSchema);
  return { ...(await reader.common('fin train')), data, predictions, evaluation };
}

/** Baselines without which no model is reported. The others depend on what the run reads. */
const REQUIRED_BASELINES: readonly BaselineName[] = ['persistence', 'drift', 'majority-class'];

/** Checks that the evaluation has a model and all required baselines, and as many test days as the charts. */
function checkEvaluation(file: string, { n, rows }: Evaluation, predictions: readonly Prediction[]): void {
  const refuse = (problem: string) => new ReportInputError(`${file} ${problem}; run fin evaluate again`);
  const names = new Set(rows.map((row) => row.model));
  const missing = REQUIRED_BASELINES.filter((name) => !names.has(name));
  if (missing.length > 0) {
    throw refuse(`lacks the baseline ${missing.join(', ')}: a model is not reported without its baselines`);
  }
  if (rows.every(isBaseline)) throw refuse('has baselines but no model');
  if (names.size !== rows.length) throw refuse('names a model twice');
  const drawn = predictions.filter(({ split }) => split === 'test').length;
  if (n !== drawn) throw refuse(`measures ${n} test days and ${runFiles.predictions} has ${drawn}`);
}
