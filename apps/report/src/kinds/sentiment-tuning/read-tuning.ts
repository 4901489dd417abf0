import type { TuningData, TuningEvaluation } from '@fin/sentiment';
import { confusionSchema, tuningDataSchema, tuningEvaluationSchema, tuningFiles } from '@fin/sentiment';
import type { CommonParts } from '../../read/run-file.js';
import { ReportInputError, RunReader } from '../../read/run-file.js';

/** A fine-tuning run as the report shows it. */
export interface TuningRun extends CommonParts {
  readonly data: TuningData;
  readonly evaluation: TuningEvaluation;
  /** Test sentences by actual class (rows) and predicted class (columns), in the order of `evaluation.classes`. */
  readonly confusion: readonly (readonly number[])[];
}

const WRITER = 'fin finetune';

/**
 * Reads the run of a fine-tuned sentiment model.
 *
 * @throws {ReportInputError} naming the file that is missing, malformed or at odds with another
 */
export async function readTuning(runDir: string): Promise<TuningRun> {
  const reader = await RunReader.open(runDir, 'sentiment-tuning', WRITER);
  const evaluation = await reader.json(tuningFiles.evaluation, WRITER, tuningEvaluationSchema);
  const { labels, confusion } = await reader.json(tuningFiles.confusion, WRITER, confusionSchema);
  const counts = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const { classes } = evaluation;
  const agrees =
    classes.length > 0 &&
    labels.length === classes.length &&
    confusion.length === classes.length &&
    confusion.every((row) => row.length === classes.length) &&
    classes.every(({ label, support }, i) => label === labels[i] && support === counts[i]) &&
    counts.reduce((sum, count) => sum + count, 0) === evaluation.n;
  if (!agrees) {
    throw new ReportInputError(
      `${reader.path(tuningFiles.confusion)} counts other sentences than ${tuningFiles.evaluation}; run ${WRITER} again`,
    );
  }
  const data = await reader.json(tuningFiles.data, WRITER, tuningDataSchema);
  return { ...(await reader.common(WRITER)), data, evaluation, confusion };
}
