import type { ComparisonResults, JobName, Measurement, VariantName } from '@fin/compare';
import { comparisonResultsSchema, measurementSchema, profileFile } from '@fin/compare';
import type { RunData } from '@fin/forecast';
import type { ProfileSummary } from '@fin/profiler';
import { profileSummarySchema } from '@fin/profiler';
import { runKinds } from '@fin/run';
import { z } from 'zod';
import type { CommonParts } from '../../read/run-file.js';
import { ReportInputError, RunReader } from '../../read/run-file.js';

/** A comparison of variants as the report shows it. */
export interface ComparisonRun extends CommonParts {
  readonly results: ComparisonResults;
  readonly measurements: readonly Measurement[];
  readonly data: ComparisonData;
  readonly machine: Machine;
  /** Profiles of baseline and optimized variant in each job that was profiled. */
  readonly profiles: ReadonlyMap<JobName, ProfilePair>;
}

interface ProfilePair {
  readonly baseline: ProfileSummary;
  readonly optimized: ProfileSummary;
}

interface ComparisonData {
  readonly fingerprint: string;
  /** Null without the job forecast. */
  readonly forecast: Pick<RunData, 'name' | 'synthetic' | 'signal'> | null;
}

/** The machine that was measured, from `environment.json`. */
export interface Machine {
  readonly backend: string;
  readonly tensorflowVersion: string;
  readonly fusedOps: boolean;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
}

const dataSchema: z.ZodType<ComparisonData> = z.object({
  fingerprint: z.string(),
  forecast: z.object({ name: z.string(), synthetic: z.boolean(), signal: z.number().nullable() }).nullable(),
});

const machineSchema: z.ZodType<Machine> = z.object({
  backend: z.string(),
  tensorflowVersion: z.string(),
  fusedOps: z.boolean(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number(),
});

export const comparisonFiles: (typeof runKinds)['comparison']['files'] = runKinds.comparison.files;

const WRITER = 'fin compare';

/**
 * Reads a comparison.
 *
 * @throws {ReportInputError} naming the file that is missing, malformed or at odds with another
 */
export async function readComparison(runDir: string): Promise<ComparisonRun> {
  const reader = await RunReader.open(runDir, 'comparison', WRITER);
  const results = await reader.json(comparisonFiles.results, WRITER, comparisonResultsSchema);
  const measurements = await reader.lines(comparisonFiles.measurements, WRITER, measurementSchema);
  const { jobs, variants, baseline, optimized } = results;
  const has = (name: string) =>
    jobs.every((job) => variants.some((row) => row.job === job && row.name === name));
  if (!has(baseline) || !has(optimized)) {
    throw new ReportInputError(
      `${reader.path(comparisonFiles.results)} lacks ${has(baseline) ? optimized : baseline} in a job: a variant is not reported without the one it is compared with; run ${WRITER} again`,
    );
  }
  const counted = (job: string, name: string) =>
    measurements.filter((one) => one.job === job && one.variant === name).length;
  if (variants.some((row) => row.measurements !== counted(row.job, row.name))) {
    throw new ReportInputError(
      `${reader.path(comparisonFiles.results)} counts other measurements than ${comparisonFiles.measurements} has; run ${WRITER} again`,
    );
  }
  const common = await reader.common(WRITER);
  const profileOf = (job: JobName, name: VariantName) =>
    reader.json(profileFile(job, name), WRITER, profileSummarySchema);
  const profiles = new Map<JobName, ProfilePair>();
  for (const job of jobs) {
    // Comparisons on other backends than native TensorFlow have none.
    if (!common.files.some(({ path }) => path === profileFile(job, baseline))) continue;
    profiles.set(job, {
      baseline: await profileOf(job, baseline),
      optimized: await profileOf(job, optimized),
    });
  }
  return {
    ...common,
    results,
    profiles,
    measurements,
    data: await reader.json('data.json', WRITER, dataSchema),
    machine: await reader.json('environment.json', WRITER, machineSchema),
  };
}
