import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  commonFiles,
  RunInputError,
  RunUnfinishedError,
  readableRoot,
  readRunRecord,
  runKinds,
} from '@fin/run';
import { tuningFiles } from './run-files.js';

/**
 * Finds the folder with the model or adapter of a fine-tuning run. Returns a folder that is not a run unchanged.
 *
 * @param dir a run folder, or the folder of a model
 * @throws RunUnfinishedError of `@fin/run` when the run was interrupted, or is still being trained
 * @throws RunInputError of `@fin/run` when it is a run of another kind
 */
export function modelOfRun(dir: string): string {
  if (!existsSync(join(dir, commonFiles.run))) return dir;
  const { kind, finished } = readRunRecord(dir);
  if (kind !== 'sentiment-tuning' && kind !== 'custom') {
    throw new RunInputError(
      `${dir} is ${runKinds[kind].words} and holds no sentiment model: give a run of fine-tuning, or the folder of a model`,
    );
  }
  if (!finished) throw new RunUnfinishedError(dir, join(dir, commonFiles.manifest));
  const root = readableRoot(dir);
  return [tuningFiles.model, tuningFiles.adapter].map((name) => join(root, name)).find(existsSync) ?? dir;
}
