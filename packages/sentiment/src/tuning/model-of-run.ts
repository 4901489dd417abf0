import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RunUnfinishedError } from '@fin/run';
import { tuningFiles } from './tuning-files.js';

/**
 * The folder with the model or adapter that a fine-tuning run made; any other folder is given back as it is.
 *
 * @param dir a run folder, or the folder of a model
 * @throws RunUnfinishedError of `@fin/run` when the run was interrupted, or still goes on
 */
export function modelOfRun(dir: string): string {
  if (!existsSync(join(dir, 'run.json'))) return dir;
  const manifest = join(dir, tuningFiles.manifest);
  if (!existsSync(manifest)) throw new RunUnfinishedError(dir, manifest);
  const made = [tuningFiles.model, tuningFiles.adapter].map((name) => join(dir, name)).find(existsSync);
  return made ?? dir;
}
