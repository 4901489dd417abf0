import type { RandomStreams } from '@fin/runtime';
import { TrainInputError } from '../errors.js';

/** The lengths that a run's updates follow from. */
export interface RunShape {
  /** Examples. */
  readonly size: number;
  readonly batchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly epochs: number;
  readonly maxSteps: number;
}

/** The batches of one update, each the indices of its examples. */
export type UpdatePlan = readonly Int32Array[];

/** Updates of one epoch. */
export function stepsPerEpoch({ size, batchSize, gradientAccumulationSteps }: RunShape): number {
  return Math.ceil(Math.ceil(size / batchSize) / gradientAccumulationSteps);
}

/** Updates of the whole run. */
export function totalSteps(shape: RunShape): number {
  return Math.min(shape.epochs * stepsPerEpoch(shape), shape.maxSteps);
}

/** Which examples each update of an epoch trains on; depends on the seed and the epoch only. */
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

/** @throws {TrainInputError} naming the length that is impossible */
export function checkShape(shape: RunShape): RunShape {
  for (const [name, value] of Object.entries(shape)) {
    const limitless = name === 'maxSteps' || name === 'epochs' ? value === Number.POSITIVE_INFINITY : false;
    if (limitless || (Number.isInteger(value) && value >= 1)) continue;
    const what = name === 'size' ? 'the number of training examples' : name;
    throw new TrainInputError(`${what} is ${value}; it must be a whole number from 1 on`);
  }
  if (totalSteps(shape) === Number.POSITIVE_INFINITY) {
    throw new TrainInputError('the run has no end: give it a number of epochs, or maxSteps');
  }
  return shape;
}
