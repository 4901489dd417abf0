import { existsSync } from 'node:fs';
import type { RunFolder } from '../run-folder.js';
import { CHECKPOINTS } from '../run-kinds.js';
import type { StoredJob, StoredResult } from './stored-result.js';
import { isMadeFrom, isWhole, storedResult } from './stored-result.js';

/**
 * Results of the jobs of an unfinished run: one file per job among the checkpoints, written atomically. A stored result is used only if
 * its file is whole and was made from the same inputs.
 */
export class JobStore<Result> {
  readonly #run: RunFolder;

  constructor(run: RunFolder) {
    this.#run = run;
  }

  /** The stored results of these jobs, by name. `damaged` is called for each file that cannot be used. */
  async readAll(jobs: readonly StoredJob[], damaged: (file: string) => void): Promise<Map<string, Result>> {
    const results = new Map<string, Result>();
    for (const job of jobs) {
      const result = await this.read(job, damaged);
      if (result !== null) results.set(job.name, result);
    }
    return results;
  }

  /** The stored result of a job; null if there is none. `damaged` is called if there is a file that cannot be used. */
  async read({ name, inputs }: StoredJob, damaged: (file: string) => void): Promise<Result | null> {
    const file = fileOf(name);
    if (!existsSync(this.#run.path(file))) return null;
    try {
      const stored = JSON.parse(await this.#run.readText(file)) as StoredResult<Result>;
      if (isWhole(stored) && isMadeFrom(stored, inputs)) return stored.result;
    } catch {
      // not JSON, or not a file
    }
    damaged(this.#run.path(file));
    return null;
  }

  async write({ name, inputs }: StoredJob, result: Result): Promise<void> {
    await this.#run.writeText(fileOf(name), `${JSON.stringify(storedResult(inputs, result))}\n`);
  }
}

const fileOf = (name: string): string => `${CHECKPOINTS}/${name}.json`;
