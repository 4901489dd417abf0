import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { DamagedFileError } from '@fin/files';
import type { BaselineName, Evaluation, Prediction, RunData } from '@fin/forecast';
import { epochLossesSchema, evaluationSchema, parsePredictions, runDataSchema } from '@fin/forecast';
import { commonFiles, RunFolder, readableRoot, readRunRecord } from '@fin/run';
import type { EpochRow } from '@fin/viz';
import { z } from 'zod';
import { isBaseline } from './verdict.js';

/** No report can be made from a run folder. The message names the file and the fix. */
export class ReportInputError extends Error {
  override readonly name = 'ReportInputError';
  readonly kind = 'input';
}

/** Content of a run folder that a report shows. */
export interface ReportRun {
  /** Name of the folder. */
  readonly name: string;
  readonly config: unknown;
  readonly environment: unknown;
  readonly data: RunData;
  readonly epochs: readonly EpochRow[];
  readonly predictions: readonly Prediction[];
  readonly evaluation: Evaluation;
}

/**
 * Reads a run folder, after comparing its files with its manifest.
 *
 * @throws {ReportInputError} naming the file that is missing or malformed
 * @throws DamagedFileError of `@fin/files` when a file differs from what the run wrote
 */
export async function readRun(runDir: string): Promise<ReportRun> {
  const folder = await RunFolder.open(runDir);
  const json = async <T>(name: string, writer: string, schema: z.ZodType<T>) =>
    parse(folder.path(name), await read(folder, name, writer), schema);
  const predictions = parsePredictions(
    await read(folder, 'predictions.csv', 'fin train'),
    folder.path('predictions.csv'),
  );
  const evaluation = await json('evaluation.json', 'fin evaluate', evaluationSchema);
  checkEvaluation(folder.path('evaluation.json'), evaluation, predictions);
  const metrics = (await read(folder, 'metrics.jsonl', 'fin train')).split('\n');
  return {
    name: basename(resolve(runDir)),
    config: await json('config.json', 'fin train', z.record(z.string(), z.unknown())),
    environment: await json('environment.json', 'fin train', z.record(z.string(), z.unknown())),
    data: await json('data.json', 'fin train', runDataSchema),
    epochs: metrics.flatMap((line, i) =>
      line.trim() === ''
        ? []
        : [parse(`${folder.path('metrics.jsonl')}, line ${i + 1}`, line, epochLossesSchema)],
    ),
    predictions,
    evaluation,
  };
}

async function read(folder: RunFolder, name: string, writer: string): Promise<string> {
  try {
    return await folder.readText(name);
  } catch (cause) {
    const { problem: reason } = cause as DamagedFileError;
    const problem = reason === 'it is missing' ? 'is not there' : `cannot be read (${reason})`;
    throw new ReportInputError(`${folder.path(name)} ${problem}; ${writer} writes it`, { cause });
  }
}

/** @param where file, or file and line, for the message */
function parse<T>(where: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ReportInputError(`${where} is not JSON; the file is cut off or was changed by hand`, { cause });
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [{ path, message }] = error.issues;
  const field = path.length === 0 ? '' : ` in ${path.join('.')}`;
  throw new ReportInputError(
    `${where} has an error${field}: ${message}; write the run again with fin train and fin evaluate`,
  );
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
  if (n !== drawn) throw refuse(`measures ${n} test days and predictions.csv has ${drawn}`);
}

/** The forecaster's run that was finished last in a folder of runs: the one with the youngest manifest. */
export async function newestRun(runsDir: string): Promise<string> {
  const names = await readdir(runsDir).catch(() => []);
  const finished = await Promise.all(
    names.sort().map(async (name) => {
      const dir = join(runsDir, name);
      const manifest = isFinishedForecaster(dir)
        ? await stat(join(readableRoot(dir), commonFiles.manifest)).catch(() => null)
        : null;
      return { name, time: manifest?.mtimeMs ?? null };
    }),
  );
  const newest = finished.reduce<{ name: string; time: number } | null>(
    (best, { name, time }) => (time !== null && (best === null || time >= best.time) ? { name, time } : best),
    null,
  );
  if (newest === null) {
    throw new ReportInputError(`${runsDir} holds no finished run; make one with fin train`);
  }
  return join(runsDir, newest.name);
}

function isFinishedForecaster(dir: string): boolean {
  try {
    return readRunRecord(dir, 'forecaster').finished;
  } catch {
    return false; // no run, another kind, or a damaged record
  }
}
