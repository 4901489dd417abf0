import { basename, resolve } from 'node:path';
import type { Evaluation, Prediction, RunData } from '@fin/forecast';
import { parsePredictions } from '@fin/forecast';
import { RunFolder } from '@fin/run';
import type { EpochRow } from '@fin/viz';
import { ReportInputError } from '../errors.js';
import { parseData } from './parse-data.js';
import { parseEpochs, parseJson } from './parse-epochs.js';
import { parseEvaluation } from './parse-evaluation.js';

/** All of a run folder that a report shows. */
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
 * Reads a run folder and nothing else, after comparing its files with its manifest.
 *
 * @throws ReportInputError naming the file that is missing or not as a run writes it
 * @throws DamagedFileError of `@fin/train` when a file is not what the run wrote
 */
export async function readRun(runDir: string): Promise<ReportRun> {
  const folder = await RunFolder.open(runDir);
  const json = async (name: string, writer: string) =>
    parseJson(folder.path(name), await read(folder, name, writer));
  const predictionsFile = folder.path('predictions.csv');
  const predictions = parsePredictions(await read(folder, 'predictions.csv', 'fin train'), predictionsFile);
  const evaluationFile = folder.path('evaluation.json');
  const evaluation = parseEvaluation(evaluationFile, await json('evaluation.json', 'fin evaluate'));
  checkSameDays(evaluationFile, evaluation, predictions);
  return {
    name: basename(resolve(runDir)),
    config: await json('config.json', 'fin train'),
    environment: await json('environment.json', 'fin train'),
    data: parseData(folder.path('data.json'), await json('data.json', 'fin train')),
    epochs: parseEpochs(folder.path('metrics.jsonl'), await read(folder, 'metrics.jsonl', 'fin train')),
    predictions,
    evaluation,
  };
}

async function read(folder: RunFolder, name: string, writer: string): Promise<string> {
  try {
    return await folder.readText(name);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw new ReportInputError(`${folder.path(name)} ${problem}; ${writer} writes it`, { cause });
  }
}

/** An evaluation of other forecasts than those drawn would make the page contradict itself. */
function checkSameDays(file: string, { n }: Evaluation, predictions: readonly Prediction[]): void {
  const drawn = predictions.filter(({ split }) => split === 'test').length;
  if (n !== drawn) {
    throw new ReportInputError(
      `${file} measures ${n} test days and predictions.csv has ${drawn}; run fin evaluate again`,
    );
  }
}
