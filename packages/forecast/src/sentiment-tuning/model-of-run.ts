import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tuningFiles } from './tuning-files.js';

/**
 * The folder with the model or adapter that a fine-tuning run made; any other folder is given back as it is.
 *
 * @param dir a run folder, or the folder of a model
 */
export function modelOfRun(dir: string): string {
  if (!existsSync(join(dir, 'run.json'))) return dir;
  const made = [tuningFiles.model, tuningFiles.adapter].map((name) => join(dir, name)).find(existsSync);
  return made ?? dir;
}
