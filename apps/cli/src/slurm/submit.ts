import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The script could not be submitted. The message says why, and where the script is. */
export class SubmitError extends Error {
  override readonly name = 'SubmitError';
  readonly kind = 'environment';
}

/**
 * Submits a batch script with `sbatch`.
 *
 * @param folder in which the logs of the job are written
 * @returns Slurm's number of the job
 * @throws {SubmitError} when there is no `sbatch`, or it refuses the job
 */
export async function submit(script: string, folder: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('sbatch', ['--parsable', script], { cwd: folder });
    return stdout.trim().split(';')[0]; // JOB or JOB;CLUSTER
  } catch (error) {
    const { code, stderr, message } = error as Error & { readonly code?: unknown; readonly stderr?: string };
    const why =
      code === 'ENOENT'
        ? 'there is no sbatch here: submit it on a login node of the cluster'
        : (stderr?.trim() || message).replaceAll('\n', '; ');
    throw new SubmitError(`${script} was written but not submitted: ${why}`);
  }
}
