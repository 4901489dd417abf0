import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { LabelledSentence, Sample, Split } from '@fin/data';
import type { ProfileSummary } from '@fin/profiler';
import { WorkerProcess } from '@fin/run';
import { PROFILED_UPDATES } from '@fin/train';
import type { Latency, Measurement } from '../results/measurement.js';
import type { ComparisonSettings } from '../settings.js';
import { forecasterSettings, isCostOnly, tuningSettings } from '../settings.js';
import type { JobName, VariantName } from '../variants.js';
import { hasAdapters, variantOf } from '../variants.js';
import type { InferJob } from './infer-job.js';
import type { TrainJob, TrainResult } from './train-jobs.js';
import type { MeasureJob, MeasureResult, MeasureStart } from './worker.js';

/** Compiled program of a measuring process. */
const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@fin/compare/package.json')),
  'dist/measure/worker.js',
);

/** Share of a measurement's time that training takes, for progress. */
const TRAINING_SHARE = 0.8;

/** One training of a comparison: to measure, or to profile. */
export interface Task {
  /** Unique name, also of its file. */
  readonly name: string;
  readonly job: JobName;
  readonly variant: VariantName;
  readonly seed: number;
  readonly repeat: number;
}

/** Data of the jobs; null for a job that is not measured. */
export interface ComparisonData {
  readonly sentences: Split<LabelledSentence> | null;
  readonly days: Split<Sample> | null;
}

/** What a measurement is made with. */
export interface MeasureContext extends ComparisonData {
  readonly settings: ComparisonSettings;
  /** Folder of the encoder. */
  readonly model: string;
  /** Folder for the trained weights. It is replaced. */
  readonly checkpoint: string;
  readonly start: MeasureStart;
  readonly signal?: AbortSignal;
  readonly onProgress: (share: number) => void;
}

/** A measurement failed. The message names it. */
export class MeasurementError extends Error {
  override readonly name = 'MeasurementError';
  /** `kind` of the cause. */
  readonly kind: string | undefined;

  constructor({ job, variant, seed }: Task, cause: Error & { readonly kind?: string }) {
    super(`${job}, ${variant}, seed ${seed}: ${cause.message}`, { cause });
    this.kind = cause.kind;
    if (cause.kind === undefined) this.stack = cause.stack;
  }
}

/**
 * The measurements of a comparison, interleaved: all variants one after another with one seed and repeat, then with the next. Every
 * second round goes backwards, so that a machine that grows slower or faster treats all variants alike.
 */
export function planTasks({ jobs, variants, seed, seeds, repeats }: ComparisonSettings): Task[] {
  const rounds = Array.from({ length: seeds * repeats }, (_, round) => ({
    round,
    seed: seed + Math.floor(round / repeats),
    repeat: round % repeats,
  }));
  return rounds.flatMap(({ round, ...place }) =>
    jobs.flatMap((job) => {
      const order = round % 2 === 0 ? variants : variants.toReversed();
      return order.map((variant) => ({
        name: `${job}-${variant}-seed-${place.seed}-repeat-${place.repeat}`,
        job,
        variant,
        ...place,
      }));
    }),
  );
}

/**
 * Makes one measurement: trains in a fresh process, then loads the saved weights in others and times inference, with adapters merged
 * and not.
 *
 * @throws {MeasurementError} naming the measurement; `signal.reason` when the signal stopped the work
 */
export function measure(task: Task, context: MeasureContext): Promise<Measurement> {
  const { onProgress } = context;
  const started = performance.now();
  return withCheckpoint(task, context, async () => {
    const trained = (await inFreshProcess({ kind: 'train', ...trainJob(task, context) }, context, (share) =>
      onProgress(TRAINING_SHARE * share),
    )) as TrainResult;
    const modes = hasAdapters(task.variant) ? [true, false] : [true];
    const latency: Latency[] = [];
    for (const [i, merged] of modes.entries()) {
      const job = { kind: 'infer', ...inferJob(task, context, merged) } as const;
      const timed = (await inFreshProcess(job, context, (share) =>
        onProgress(TRAINING_SHARE + ((1 - TRAINING_SHARE) * (i + share)) / modes.length),
      )) as readonly Latency[];
      latency.push(...timed);
    }
    const { name: _, ...place } = task;
    return { ...place, ...trained, latency, seconds: (performance.now() - started) / 1000 };
  });
}

/** The trainings to profile: the baseline and the optimized variant, in each job. */
export const planProfiles = ({ jobs, variants, seed }: ComparisonSettings): Task[] =>
  jobs.flatMap((job) =>
    [variants[0], variants[variants.length - 1]].map((variant) => ({
      name: `profile-${job}-${variant}`,
      job,
      variant,
      seed,
      repeat: 0,
    })),
  );

/**
 * Profiles some updates of a training in a fresh process, apart from the measurements, since profiling makes them slower.
 *
 * @param about what else the profile is of, by name
 * @throws {MeasurementError} naming the training; `signal.reason` when the signal stopped the work
 */
export function profileTask(
  task: Task,
  about: ProfileSummary['about'],
  context: MeasureContext,
): Promise<ProfileSummary> {
  const { job, variant } = task;
  const { precision } = variantOf(variant, context.settings.precision);
  return withCheckpoint(task, context, async () => {
    const training = { ...trainJob(task, context), maxSteps: PROFILED_UPDATES };
    const profiled = { kind: 'profile', ...training, about: { ...about, job, variant, precision } } as const;
    return (await inFreshProcess(profiled, context, context.onProgress)) as ProfileSummary;
  });
}

/** Does the work of a task that writes the checkpoint, which is not there before and after. */
async function withCheckpoint<Result>(
  task: Task,
  { checkpoint, signal }: MeasureContext,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    await rm(checkpoint, { recursive: true, force: true });
    return await work();
  } catch (error) {
    throw signal?.aborted ? signal.reason : new MeasurementError(task, error as Error);
  } finally {
    await rm(checkpoint, { recursive: true, force: true });
  }
}

async function inFreshProcess(
  job: MeasureJob,
  { start, signal }: MeasureContext,
  onProgress: (share: number) => void,
): Promise<MeasureResult> {
  signal?.throwIfAborted();
  // With it, TensorFlow takes memory of a GPU as it needs it, and not all at once.
  const env = { TF_FORCE_GPU_ALLOW_GROWTH: 'true' };
  const worker = new WorkerProcess<MeasureJob, MeasureResult>({ program: PROGRAM, start, env });
  try {
    return await worker.run(job, { onProgress, signal });
  } finally {
    await worker.stop();
  }
}

function trainJob(task: Task, { settings, sentences, days, model, checkpoint }: MeasureContext): TrainJob {
  const { variant, seed } = task;
  if (task.job === 'sentiment') {
    const own = tuningSettings(settings, variant, seed);
    const split = sentences!;
    const perEpoch = Math.ceil(split.train.length / own.batchSize);
    const maxSteps = maxStepsOf(task, settings, perEpoch);
    const { inference } = variantOf(variant, settings.precision);
    return { job: 'sentiment', settings: own, inference, model, split, checkpoint, maxSteps };
  }
  const own = forecasterSettings(settings, variant, seed, model);
  const split = days!;
  const perEpoch = Math.ceil(Math.ceil(split.train.length / own.batchSize) / own.gradientAccumulationSteps);
  const maxSteps = maxStepsOf(task, settings, perEpoch);
  return { job: 'forecast', settings: own, split, checkpoint, maxSteps };
}

/** Updates of a training; null for a whole one, which is scored. */
function maxStepsOf({ repeat }: Task, settings: ComparisonSettings, perEpoch: number): number | null {
  if (repeat === 0 && !isCostOnly(settings)) return null;
  const limit = settings.maxBatches ?? Number.POSITIVE_INFINITY;
  return Math.min(limit, perEpoch * (repeat === 0 ? settings.epochs : 1));
}

function inferJob(
  { job, variant, seed }: Task,
  { settings, sentences, days, model, checkpoint }: MeasureContext,
  merged: boolean,
): InferJob {
  const { latency, precision: amp } = settings;
  const { precision, inference } = variantOf(variant, amp);
  const common = { checkpoint, merged, latency };
  if (job === 'sentiment') {
    const { maxLength } = tuningSettings(settings, variant, seed);
    return {
      ...common,
      precision: inference ?? precision,
      job,
      sentences: sentences!.test.map(({ text }) => text),
      maxLength,
    };
  }
  const { trainHeadlinesPerDay } = forecasterSettings(settings, variant, seed, model);
  const headlines = trainHeadlinesPerDay ?? Number.POSITIVE_INFINITY;
  const shortened = days!.test.map((day) => ({ ...day, headlines: day.headlines.slice(0, headlines) }));
  return { ...common, precision, job, days: shortened };
}
