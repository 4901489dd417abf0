import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { RunFolder } from '@fin/run';
import { CHECKPOINTS } from '@fin/run';
import type { FoldForecast, FoldJob } from './fold-job.js';

/**
 * Results of the jobs of an unfinished run: one file per job, written atomically. A job is not done again if its file is whole and
 * was made from the same data, settings, scores and pretrained model.
 */
export class FoldStore {
  readonly #run: RunFolder;
  readonly #data: string;

  /** @param data fingerprint of the market */
  constructor(run: RunFolder, data: string) {
    this.#run = run;
    this.#data = data;
  }

  /** The stored result of a job; null if there is none. `damaged` is called if there is a file that cannot be used. */
  async read(job: FoldJob, damaged: (file: string) => void): Promise<FoldForecast | null> {
    const file = fileOf(job);
    if (!existsSync(this.#run.path(file))) return null;
    try {
      const { inputs, sha256, result } = JSON.parse(await this.#run.readText(file)) as StoredFold;
      if (inputs === this.#inputs(job) && sha256 === digest(result)) return result;
    } catch {
      // not JSON, or not a file
    }
    damaged(this.#run.path(file));
    return null;
  }

  async write(job: FoldJob, result: FoldForecast): Promise<void> {
    const stored: StoredFold = { inputs: this.#inputs(job), sha256: digest(result), result };
    await this.#run.writeText(fileOf(job), `${JSON.stringify(stored)}\n`);
  }

  /** Digest of everything that decides the result of a job on one machine. */
  #inputs({ settings, split, scores, pretrained }: FoldJob): string {
    const dates = [split.train, split.validation, split.test].map((part) =>
      part.map(({ decisionDate }) => decisionDate),
    );
    return digest([this.#data, settings, dates, scores?.fingerprint ?? null, pretrained]);
  }
}

interface StoredFold {
  /** Digest of the job's inputs. */
  readonly inputs: string;
  /** Digest of the result. */
  readonly sha256: string;
  readonly result: FoldForecast;
}

const fileOf = ({ name }: FoldJob): string => `${CHECKPOINTS}/${name}.json`;

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
