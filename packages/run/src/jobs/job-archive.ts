import { DamagedFileError } from '@fin/files';
import { z } from 'zod';
import { parseRunFile } from '../run-files.js';
import type { StoredJob, StoredResult } from './stored-result.js';
import { isWhole, storedResult } from './stored-result.js';

const FORMAT = 'fin-job-results';

/** Version of the file. */
const VERSION = 1;

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** Package and version of the program that did the jobs, such as `@fin/forecast 1.2.0`. */
  program: z.string(),
});

const lineSchema = z.object({
  name: z.string(),
  inputs: z.string(),
  sha256: z.string(),
  result: z.unknown(),
});

/** Results of jobs that were read from one file. */
export interface JobArchive<Result> {
  /** Package and version of the program that did the jobs. */
  readonly program: string;
  /** Results by the names of the jobs. */
  readonly results: ReadonlyMap<string, StoredResult<Result>>;
}

/** The text of a file with the results of finished jobs, one per line, which another run can take over. */
export function formatJobArchive(
  program: string,
  jobs: readonly { readonly job: StoredJob; readonly result: unknown }[],
): string {
  const header = { format: FORMAT, version: VERSION, program };
  const lines = jobs.map(({ job, result }) => ({ name: job.name, ...storedResult(job.inputs, result) }));
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * Reads such a file.
 *
 * @param path of the file, for messages
 * @throws {DamagedFileError} naming line and field
 */
export function parseJobArchive<Result>(path: string, text: string): JobArchive<Result> {
  const [first, ...lines] = text.trimEnd().split('\n');
  const { program } = parseRunFile(`${path}, line 1`, first, headerSchema);
  const results = new Map<string, StoredResult<Result>>();
  for (const [i, line] of lines.entries()) {
    const place = `${path}, line ${i + 2}`;
    const { name, ...stored } = parseRunFile(place, line, lineSchema);
    if (!isWhole(stored)) throw new DamagedFileError(place, `sha256 is not that of the result of ${name}`);
    results.set(name, stored as StoredResult<Result>);
  }
  return { program, results };
}
