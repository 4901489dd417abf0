import { runKinds } from '@fin/run';
import type { JobName, VariantName } from '../variants.js';

/** Name of the file with the profile of a variant in one job, in the run folder. */
export const profileFile = (job: JobName, variant: VariantName): string =>
  `${runKinds.comparison.files.profiles}/${job}-${variant}.json`;
