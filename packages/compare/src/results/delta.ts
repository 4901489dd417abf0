import type { JobName, VariantName } from '../variants.js';
import { hasAdapters } from '../variants.js';
import type { Measurement } from './measurement.js';
import type { PairedKind, PairedMean } from './paired-interval.js';
import { pairedMean } from './paired-interval.js';
import type { DeltaName } from './quantities.js';
import { deltaNames, formatDelta, quantities } from './quantities.js';

/**
 * What an interval says about a difference. `noise`: the interval includes no difference. `same`: equal in every pair. `unknown`: there
 * is no interval.
 */
export const conclusions = ['better', 'worse', 'same', 'noise', 'unknown'] as const;

export type Conclusion = (typeof conclusions)[number];

/** A difference between a variant and the baseline. */
export interface Delta {
  readonly job: JobName;
  readonly variant: VariantName;
  readonly baseline: VariantName;
  readonly metric: DeltaName;
  /** `ratio`: baseline divided by variant, geometric mean over the pairs. `difference`: variant minus baseline, mean over the pairs. */
  readonly kind: PairedKind;
  readonly value: number;
  /** Student's t interval over the pairs; null for a single pair. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Number of pairs of measurements: one per seed and repeat, for scores one per seed. */
  readonly pairs: number;
  readonly conclusion: Conclusion;
  /** Why there is no interval; null with one. */
  readonly reason: string | null;
  /** The difference in words, and whether it is more than noise. */
  readonly sentence: string;
}

/** Variants to compare. */
export interface DeltaOptions extends Pick<Delta, 'job' | 'variant' | 'baseline'> {
  /** Confidence level. */
  readonly level: number;
}

/** Differences between a variant and the baseline in one job, over pairs of measurements with the same seed and repeat. */
export function deltasOf(measurements: readonly Measurement[], options: DeltaOptions): Delta[] {
  const { level, ...names } = options;
  return deltaNames.flatMap((metric): Delta[] => {
    const pairs = pairsOf(measurements, metric, options);
    if (pairs.length === 0) return [];
    const { kind } = quantities[metric];
    const mean = pairedMean(pairs, kind, level);
    const delta = {
      ...names,
      metric,
      kind,
      ...mean,
      pairs: pairs.length,
      conclusion: conclude(metric, mean),
      reason: mean.interval === null ? ONE_PAIR[kind] : null,
    };
    return [{ ...delta, sentence: sentenceOf(delta, level) }];
  });
}

/**
 * One number per difference: the geometric mean of the jobs' ratios; a difference of scores belongs to one job.
 *
 * @returns null where nothing was measured
 */
export function headlineDeltas(deltas: readonly Delta[]): Record<DeltaName, number | null> {
  const entries = deltaNames.map((metric) => {
    const values = deltas.filter((delta) => delta.metric === metric).map(({ value }) => value);
    if (values.length < 2) return [metric, values[0] ?? null];
    return [metric, Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)];
  });
  return Object.fromEntries(entries) as Record<DeltaName, number | null>;
}

const ONE_PAIR: Readonly<Record<PairedKind, string>> = {
  ratio: 'one measurement; an interval needs two repeats or seeds',
  difference: 'one seed; an interval needs two',
};

const VERDICTS: Readonly<Record<Conclusion, string>> = {
  better: 'better by more than noise',
  worse: 'worse by more than noise',
  same: 'the same in every measurement',
  noise: 'no more than noise',
  unknown: 'it is unknown whether that is more than noise',
};

/** @returns [baseline, variant] of each pair in which both were measured */
function pairsOf(
  measurements: readonly Measurement[],
  metric: DeltaName,
  { job, variant, baseline }: DeltaOptions,
): [number, number][] {
  const { of: quantity, ofAdapters = false } = quantities[metric];
  if (ofAdapters && !hasAdapters(variant)) return [];
  const of = (name: VariantName) => measurements.filter((one) => one.job === job && one.variant === name);
  const others = of(variant);
  return of(baseline).flatMap((first): [number, number][] => {
    const other = others.find(({ seed, repeat }) => seed === first.seed && repeat === first.repeat);
    const [left, right] = [quantity(first), other ? quantity(other) : null];
    return left === null || right === null ? [] : [[left, right]];
  });
}

function conclude(metric: DeltaName, { value, interval }: PairedMean): Conclusion {
  if (interval === null) return 'unknown';
  const { kind, moreIsBetter } = quantities[metric];
  const none = kind === 'ratio' ? 1 : 0;
  const [low, high] = interval;
  if (low === none && high === none) return 'same';
  if (low <= none && high >= none) return 'noise';
  const isMore = kind === 'ratio' ? value < none : value > none; // a ratio above 1: the variant has less
  return isMore === moreIsBetter ? 'better' : 'worse';
}

function sentenceOf(delta: Omit<Delta, 'sentence'>, level: number): string {
  const { job, variant, baseline, metric, kind, value, interval, pairs, conclusion, reason } = delta;
  const isMore = kind === 'ratio' && value < 1; // said the other way round
  const format = (number: number): string => formatDelta(metric, isMore ? 1 / number : number);
  const words = kind === 'difference' ? 'against' : isMore ? 'times more than' : 'times less than';
  const bounds = isMore ? interval?.toReversed() : interval;
  const evidence = bounds
    ? `${Math.round(100 * level)} % interval ${bounds.map(format).join(' … ')}, ${pairs} pairs`
    : reason;
  const size = `${format(value)} ${words} ${baseline}`;
  return `${job}, ${variant}: ${quantities[metric].words} ${size} (${evidence}): ${VERDICTS[conclusion]}.`;
}
