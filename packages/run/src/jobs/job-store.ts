import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { RunFolder } from '../run-folder.js';
import { CHECKPOINTS } from '../run-kinds.js';

/** A job of a run that consists of many, such as one training of a walk-forward evaluation. */
export interface StoredJob {
  /** Unique name, also of its file. */
  readonly name: string;
  /** Everything that decides the result, as plain data. */
  readonly inputs: unknown;
}

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
      if (stored.inputs === digest(inputs) && stored.sha256 === digest(stored.result)) return stored.result;
    } catch {
      // not JSON, or not a file
    }
    damaged(this.#run.path(file));
    return null;
  }

  async write({ name, inputs }: StoredJob, result: Result): Promise<void> {
    const stored: StoredResult<Result> = { inputs: digest(inputs), sha256: digest(result), result };
    await this.#run.writeText(fileOf(name), `${JSON.stringify(stored)}\n`);
  }
}

interface StoredResult<Result> {
  /** Digest of the job's inputs. */
  readonly inputs: string;
  /** Digest of the result. */
  readonly sha256: string;
  readonly result: Result;
}

const fileOf = (name: string): string => `${CHECKPOINTS}/${name}.json`;

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
