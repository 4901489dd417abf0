import type { Latency, Measurement, Scores } from './measurement.js';
import type { PairedKind } from './paired-interval.js';

/** A quantity of a measurement, and how two variants are compared by it. */
interface Quantity {
  /** `ratio`: baseline divided by variant, for costs. `difference`: variant minus baseline, for scores. */
  readonly kind: PairedKind;
  readonly words: string;
  /** Whether more of it is better. */
  readonly moreIsBetter: boolean;
  /** Whether only variants with adapters are compared by it. */
  readonly ofAdapters?: boolean;
  /** Null where it was not measured. */
  readonly of: (measurement: Measurement) => number | null;
}

/** Names of all differences, in the order of the tables. */
export const deltaNames = [
  'trainingTimeReduction',
  'modelSizeReduction',
  'memoryReduction',
  'tensorMemoryReduction',
  'inferenceSpeedup',
  'unmergedInferenceSpeedup',
  'deltaRmse',
  'deltaMae',
  'deltaMape',
  'deltaDirectionalAccuracy',
  'deltaAccuracy',
  'deltaMacroF1',
] as const;

export type DeltaName = (typeof deltaNames)[number];

/** The quantity that each difference is about. */
export const quantities: Readonly<Record<DeltaName, Quantity>> = {
  trainingTimeReduction: cost('training time per epoch', ({ training }) => training.epochSeconds),
  modelSizeReduction: cost('checkpoint size', ({ checkpoint }) => checkpoint.bytes),
  memoryReduction: cost('peak memory of the process', ({ training }) => training.peakMemoryBytes),
  tensorMemoryReduction: cost('peak memory of tensors', ({ training }) => training.peakTensorBytes),
  inferenceSpeedup: cost('inference latency, adapters merged', ({ latency }) =>
    typicalLatency(latency.filter(({ merged }) => merged)),
  ),
  unmergedInferenceSpeedup: {
    ...cost('inference latency, adapters not merged', ({ latency }) => typicalLatency(asTrained(latency))),
    ofAdapters: true,
  },
  deltaRmse: score('RMSE', 'rmse', false),
  deltaMae: score('MAE', 'mae', false),
  deltaMape: score('MAPE', 'mape', false),
  deltaDirectionalAccuracy: score('directional accuracy', 'directionalAccuracy', true),
  deltaAccuracy: score('accuracy', 'accuracy', true),
  deltaMacroF1: score('macro-F1', 'macroF1', true),
};

/** A difference as text: a ratio with three digits, a difference with its sign and unit. */
export function formatDelta(name: DeltaName, value: number): string {
  if (quantities[name].kind === 'ratio') return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
  const sign = value < 0 ? '−' : '+';
  const size = Math.abs(value);
  if (name === 'deltaRmse' || name === 'deltaMae') return `${sign}${size.toFixed(2)}`;
  return name === 'deltaMape' ? `${sign}${(100 * size).toFixed(3)} %` : `${sign}${size.toFixed(4)}`;
}

function cost(words: string, of: Quantity['of']): Quantity {
  return { kind: 'ratio', words, moreIsBetter: false, of };
}

function score(words: string, name: keyof Scores, moreIsBetter: boolean): Quantity {
  return { kind: 'difference', words, moreIsBetter, of: ({ scores }) => scores?.[name] ?? null };
}

/** Geometric mean of the warm medians over the batch sizes, ms; null without any. */
function typicalLatency(latency: readonly Latency[]): number | null {
  if (latency.length === 0) return null;
  return Math.exp(latency.reduce((sum, { p50Ms }) => sum + Math.log(p50Ms), 0) / latency.length);
}

/** The calls with adapters apart; all calls of a model that has none. */
function asTrained(latency: readonly Latency[]): readonly Latency[] {
  const apart = latency.filter(({ merged }) => !merged);
  return apart.length > 0 ? apart : latency;
}
