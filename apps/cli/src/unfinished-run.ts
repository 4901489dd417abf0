import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A run was to be used that was never finished. */
export class UnfinishedRunError extends Error {
  readonly kind = 'input';
}

/** What a folder holds, as far as its runs go. */
export function runIn(dir: string): 'finished' | 'unfinished' | null {
  if (existsSync(join(dir, 'manifest.json'))) return 'finished';
  return existsSync(join(dir, 'run.json')) ? 'unfinished' : null;
}

/** The command that goes on with an unfinished run. */
export function howToResume(dir: string, from: '' | ' last-good' = ''): string {
  return `fin ${isTuning(dir) ? 'finetune' : 'train'} --run ${dir} --resume${from}`;
}

/** @throws {UnfinishedRunError} when there is a run in the folder that was not finished */
export function refuseUnfinished(dir: string): void {
  if (runIn(dir) !== 'unfinished') return;
  throw new UnfinishedRunError(
    `the run in ${dir} is unfinished: its training was interrupted, or still goes on. Go on with: ${howToResume(dir)}`,
  );
}

function isTuning(dir: string): boolean {
  try {
    const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as { readonly kind?: unknown };
    return config.kind === 'sentiment-tuning';
  } catch {
    return false; // stopped before there was one
  }
}
