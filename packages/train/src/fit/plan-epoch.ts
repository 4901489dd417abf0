import type { RandomStreams } from '@fin/runtime';
import { TrainInputError } from '../errors.js';
import { orInfinity, requireInRange, wholeNumber } from '../ranges.js';

/** The sizes that determine a run's updates. */
export interface RunShape {
  /** Number of examples. */
  readonly size: number;
  readonly batchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly epochs: number;
  readonly maxSteps: number;
}

/** The batches of one update, each as the indices of its examples. */
export type UpdatePlan = readonly Int32Array[];

/** Updates of one epoch. */
export function stepsPerEpoch({ size, batchSize, gradientAccumulationSteps }: RunShape): number {
  return Math.ceil(Math.ceil(size / batchSize) / gradientAccumulationSteps);
}

/** Updates of the whole run. */
export function totalSteps(shape: RunShape): number {
  return Math.min(shape.epochs * stepsPerEpoch(shape), shape.maxSteps);
}

/** The examples of each update of an epoch; they depend only on the seed and the epoch. */
export function planEpoch(
  shape: RunShape,
  epoch: number,
  random: RandomStreams,
  shuffle: boolean,
): UpdatePlan[] {
  const { size, batchSize, gradientAccumulationSteps } = shape;
  const order = shuffle
    ? random.stream('shuffle').at(epoch).permutation(size)
    : Int32Array.from({ length: size }, (_, i) => i);
  const batches: Int32Array[] = [];
  for (let start = 0; start < size; start += batchSize)
    batches.push(order.subarray(start, start + batchSize));
  const updates: UpdatePlan[] = [];
  for (let start = 0; start < batches.length; start += gradientAccumulationSteps) {
    updates.push(batches.slice(start, start + gradientAccumulationSteps));
  }
  return updates;
}

/** Limits far above any real run, to catch typing errors. */
const LIMITS: Readonly<Record<keyof RunShape, number>> = {
  size: 2 ** 31 - 1,
  batchSize: 1e6,
  gradientAccumulationSteps: 1e6,
  epochs: 1e6,
  maxSteps: 1e9,
};

/** @throws {TrainInputError} naming the size that is invalid */
export function checkShape(shape: RunShape): RunShape {
  for (const name of Object.keys(LIMITS) as (keyof RunShape)[]) {
    const range = wholeNumber(1, LIMITS[name]);
    const limitless = name === 'maxSteps' || name === 'epochs';
    const label = name === 'size' ? 'the number of training examples' : name;
    requireInRange(label, shape[name], limitless ? orInfinity(range) : range);
  }
  if (totalSteps(shape) === Number.POSITIVE_INFINITY) {
    throw new TrainInputError('the run has no end: set epochs or maxSteps');
  }
  return shape;
}
