import type { NativeDType } from '@fin/runtime';
import { z } from 'zod';
import type { KeyAverage, PhaseTime } from './key-averages.js';
import { opAverages, phaseTimes } from './key-averages.js';
import { measurePeak } from './measure-peak.js';
import type { MemorySample } from './memory-timeline.js';
import { memoryCategories, peakMemory, thinned } from './memory-timeline.js';
import type { Profile } from './profile.js';

/** Most samples of memory in a summary; more are thinned out evenly, with the peak kept. */
const MEMORY_SAMPLES = 500;

/** Speed of products, GFLOP/s, by the dtype of their factors. */
export type PeakSpeeds = Readonly<Partial<Record<NativeDType, number>>>;

/** A profile without its events: what is worth keeping and comparing. Plain data, for a JSON file. */
export interface ProfileSummary {
  readonly format: 'fin-profile';
  readonly version: 1;
  /** Where it comes from, such as the model, its precision and the processor. */
  readonly about: Readonly<Record<string, string | number | null>>;
  /** Recorded steps. */
  readonly steps: number;
  /** Duration of all steps, µs. */
  readonly duration: number;
  /** Time in ops, µs. */
  readonly opTime: number;
  /** Time outside ops, µs. */
  readonly javascriptTime: number;
  /** Products and attention: the ops whose floating-point operations are counted. */
  readonly products: {
    /** Floating-point operations. */
    readonly flops: number;
    /** Time in these ops, µs. */
    readonly time: number;
    /** The time that they would take at the measured peak, over the time that they take; null without a peak. */
    readonly shareOfPeak: number | null;
  };
  /** Measured speed of a large product on this machine. */
  readonly peak: PeakSpeeds;
  /** A row per op, and one for the JavaScript between them; the most self time first. */
  readonly ops: readonly KeyAverage[];
  readonly phases: readonly PhaseTime[];
  /** Bytes of native tensors; null if they were not followed. */
  readonly memory: {
    readonly start: MemorySample;
    readonly peak: MemorySample;
    /** At most 500 samples over time, with the peak. */
    readonly timeline: readonly MemorySample[];
  } | null;
}

/** Settings of {@link summarizeProfile}. */
export interface SummaryOptions {
  /** Steps that were recorded. @default 1 */
  readonly steps?: number;
  readonly about?: ProfileSummary['about'];
}

/**
 * Summarizes a profile, and measures this machine's peak for each dtype that its products have, which takes half a second each.
 *
 * @throws {ProfilerError} on backends other than native TensorFlow
 */
export function summarizeProfile(
  profile: Profile,
  { steps = 1, about = {} }: SummaryOptions = {},
): ProfileSummary {
  const { duration, opTime, javascriptTime, memory: samples } = profile;
  const ops = opAverages(profile);
  const counted = ops.filter(({ flops }) => flops !== null);
  const peak: PeakSpeeds = Object.fromEntries(
    (['float32', 'bfloat16'] as const)
      .filter((dtype) => counted.some((row) => row.dtype === dtype))
      .map((dtype) => [dtype, measurePeak(dtype)]),
  );
  const sum = (of: (row: KeyAverage) => number) => counted.reduce((total, row) => total + of(row), 0);
  const time = sum(({ selfTotal }) => selfTotal);
  const ideal = sum((row) => atPeak(row, peak) ?? Number.NaN);
  const highest = peakMemory(samples);
  return {
    format: 'fin-profile',
    version: 1,
    about,
    steps,
    duration,
    opTime,
    javascriptTime,
    products: {
      flops: sum(({ flops }) => flops ?? 0),
      time,
      shareOfPeak: time > 0 && Number.isFinite(ideal) ? ideal / time : null,
    },
    peak,
    ops,
    phases: phaseTimes(profile),
    memory: highest && {
      start: samples[0],
      peak: highest,
      timeline: thinned(samples, highest, MEMORY_SAMPLES),
    },
  };
}

/** Time that the operations of a row would take at the peak of its dtype, µs; null without one. */
export function atPeak({ flops, dtype }: KeyAverage, peak: PeakSpeeds): number | null {
  const speed = dtype === null ? undefined : peak[dtype];
  return flops === null || speed === undefined ? null : flops / speed / 1000;
}

const amount: z.ZodNumber = z.number().min(0);
const dtype = z.custom<NativeDType>((value) => typeof value === 'string');
const memorySample: z.ZodType<MemorySample> = z.object({
  time: amount,
  bytes: z.object(
    Object.fromEntries(memoryCategories.map((category) => [category, amount])) as Record<
      (typeof memoryCategories)[number],
      z.ZodNumber
    >,
  ),
  total: amount,
});

const row: z.ZodType<KeyAverage> = z.object({
  name: z.string(),
  kind: z.enum(['op', 'range', 'javascript']),
  shapes: z.array(z.array(z.int())),
  stack: z.array(z.string()),
  calls: z.int().min(1),
  selfTotal: amount,
  total: amount,
  average: amount,
  outputBytes: amount,
  flops: amount.nullable(),
  dtype: dtype.nullable(),
  fuses: z.string().nullable(),
});

/** Schema of a stored summary. */
export const profileSummarySchema: z.ZodType<ProfileSummary> = z.object({
  format: z.literal('fin-profile'),
  version: z.literal(1),
  about: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  steps: z.int().min(1),
  duration: amount,
  opTime: amount,
  javascriptTime: amount,
  products: z.object({ flops: amount, time: amount, shareOfPeak: amount.nullable() }),
  peak: z.record(z.string(), amount),
  ops: z.array(row),
  phases: z.array(z.object({ phase: z.string(), time: amount, opTime: amount, ops: z.int().min(0) })),
  memory: z.object({ start: memorySample, peak: memorySample, timeline: z.array(memorySample) }).nullable(),
});
