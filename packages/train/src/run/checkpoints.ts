import type { ResumeFrom, RunFolder } from '@fin/run';
import { CHECKPOINTS } from '@fin/run';
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.js';

/** Maximum seconds of work that a killed process loses, as long as checkpoints are quick to write. */
const EVERY_SECONDS = 30;

/**
 * Options for the checkpoints of a run: one at each best evaluation, one when the run is stopped, and one from time to time.
 *
 * @param settings values that a resumed run must share, besides its own settings
 */
export function checkpointsOf(
  run: Pick<RunFolder, 'path'>,
  resume: ResumeFrom,
  settings: Readonly<Record<string, unknown>>,
): CheckpointOptions {
  return {
    dir: run.path(CHECKPOINTS),
    every: Number.POSITIVE_INFINITY,
    everySeconds: EVERY_SECONDS,
    resume,
    settings,
  };
}
