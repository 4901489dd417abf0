import { TrainInputError } from './errors.js';

/** Valid values of a numeric setting. */
export interface Range {
  /** Completes the sentence "it must be …". */
  readonly rule: string;
  readonly holds: (value: number) => boolean;
}

/** Whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): Range {
  return {
    rule: `a whole number from ${min} to ${max}`,
    holds: (value) => Number.isInteger(value) && value >= min && value <= max,
  };
}

/** Numbers above `min`, up to `max`. */
export function above(min: number, max: number): Range {
  return { rule: `above ${min} and at most ${max}`, holds: (value) => value > min && value <= max };
}

/** Numbers from `min` to `max`. */
export function between(min: number, max: number): Range {
  return { rule: `from ${min} to ${max}`, holds: (value) => value >= min && value <= max };
}

/** The range, or no limit. */
export function orInfinity({ rule, holds }: Range): Range {
  return {
    rule: `${rule}, or Infinity`,
    holds: (value) => value === Number.POSITIVE_INFINITY || holds(value),
  };
}

/**
 * Checks a numeric setting.
 *
 * @throws {TrainInputError} naming the setting, its value and the valid ones
 */
export function requireInRange(name: string, value: number, { rule, holds }: Range): number {
  if (typeof value === 'number' && holds(value)) return value;
  throw new TrainInputError(`${name} is ${value}; it must be ${rule}`);
}

/** Maximum learning rate: Adam moves each weight by about this much per update, so a larger value is a typing error. */
export const LEARNING_RATE_LIMIT = 10;
