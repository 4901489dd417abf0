import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileInputError, readRegularFileSync } from '@fin/files';
import type { ProfileSummary } from '@fin/profiler';
import { describeIssue, readableRoot, readRunRecord, runKinds } from '@fin/run';

/** Far above any profile; a larger file is something else. */
const MAX_BYTES = 64e6;

/**
 * Reads a stored profile.
 *
 * @param path the run of a training with `--profile`, or a file that `fin profile --json` printed
 * @throws {FileInputError} of `@fin/files` naming the file, the field and the fix; errors of `readRunRecord`
 */
export async function readProfile(path: string): Promise<ProfileSummary> {
  const { profileSummarySchema } = await import('@fin/profiler');
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? profileOfRun(path) : path;
  const parsed = profileSummarySchema.safeParse(parse(file));
  if (parsed.success) return parsed.data;
  throw new FileInputError(
    file,
    `is no profile of this version (${describeIssue(parsed.error)}): make one with \`fin profile --json\` or \`--profile\``,
  );
}

function profileOfRun(dir: string): string {
  readRunRecord(dir);
  const file = join(readableRoot(dir), runKinds.forecaster.files.profile);
  if (existsSync(file)) return file;
  throw new FileInputError(dir, 'was not profiled: train it with --profile');
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readRegularFileSync(file, { maxBytes: MAX_BYTES }).toString('utf8'));
  } catch (error) {
    if (error instanceof FileInputError) throw error;
    throw new FileInputError(file, `cannot be read (${(error as Error).message})`);
  }
}
