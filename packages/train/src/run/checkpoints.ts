import type { RunFolder } from '@fin/run';
import { CHECKPOINTS } from '@fin/run';
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.js';

/** Seconds of work that a killed process loses at most, as long as checkpoints are quick to write. */
const EVERY_SECONDS = 30;

/** Which checkpoint a run goes on from: the newest, or the newest that is not damaged. */
export type ResumeFrom = boolean | 'lastGood';

/**
 * How runs are kept safe while they train: a checkpoint at each best evaluation, when the run is stopped, and from time to time.
 *
 * @param settings what has to be the same when the run goes on, besides its own settings
 */
export function checkpointsOf(
  run: RunFolder,
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
