import { DataInputError } from '../errors.js';
import type { Timed } from './sample.js';
import type { Split } from './split-chronologically.js';

/** Options of {@link walkForward}. Every size counts samples, that is, trading days. */
export interface WalkForwardOptions {
  /** `expanding`: each fold trains on all earlier samples; `sliding`: on the last `trainSize`. @default 'expanding' */
  readonly mode?: 'expanding' | 'sliding';
  /** Training samples of the first fold; with `sliding`, of every fold. */
  readonly trainSize: number;
  /** Samples between training and test, for early stopping and thresholds. @default 0 */
  readonly validationSize?: number;
  /** Samples per test part. The last part may be shorter, so that all remaining samples are tested. */
  readonly testSize: number;
  /** Distance between the first test samples of two folds. @default testSize, which tests each sample once */
  readonly step?: number;
  /**
   * Samples dropped before each validation and test part. With targets one day ahead, 0 leaks nothing. With `window`, the
   * windows of two parts share no day either. @default 0
   */
  readonly purge?: number;
  /**
   * Samples after the test part of an earlier fold that later folds do not train on. Prevents choices made on that test
   * from being fitted to the days after it. @default 0
   */
  readonly embargo?: number;
}

/** One fold: train, purged gap, validation, purged gap, test, in time order. */
export interface Fold<S> extends Split<S> {
  /** From 0. */
  readonly index: number;
}

/**
 * Makes walk-forward folds of samples in time order. Purge and embargo follow López de Prado, *Advances in Financial
 * Machine Learning* (2018), ch. 7; the folds follow darts' `historical_forecasts` with retraining.
 *
 * ```
 * expanding  ├─ train ─────────┤purge├ validation ┤purge├ test ┤
 *            ├─ train ──────────────────┤purge├ validation ┤purge├ test ┤
 * ```
 *
 * @throws DataInputError when a size is not possible or no fold fits.
 */
export function walkForward<S extends Timed>(samples: readonly S[], options: WalkForwardOptions): Fold<S>[] {
  const { mode = 'expanding', trainSize, validationSize = 0, testSize, step = testSize } = options;
  const { purge = 0, embargo = 0 } = options;
  requireSizes({ trainSize, testSize, step }, 1);
  requireSizes({ validationSize, purge, embargo }, 0);
  requireOrder(samples);
  const lead = validationSize > 0 ? purge + validationSize + purge : purge;
  const firstTest = trainSize + lead;
  if (firstTest >= samples.length) {
    throw new DataInputError(
      `${samples.length} samples are too few: the first test part would start at ${firstTest}`,
      {
        fix: 'Make trainSize, validationSize or purge smaller.',
      },
    );
  }
  const folds: Fold<S>[] = [];
  const testEnds: number[] = [];
  for (let testStart = firstTest; testStart < samples.length; testStart += step) {
    const embargoed = (i: number): boolean => testEnds.some((end) => i >= end && i < end + embargo);
    const trainEnd = testStart - lead;
    const trainStart = mode === 'sliding' ? trainEnd - trainSize : 0;
    const testEnd = Math.min(testStart + testSize, samples.length);
    folds.push({
      index: folds.length,
      train: samples.slice(trainStart, trainEnd).filter((_, i) => !embargoed(trainStart + i)),
      validation: samples.slice(trainEnd + purge, trainEnd + purge + validationSize),
      test: samples.slice(testStart, testEnd),
    });
    testEnds.push(testEnd);
  }
  const empty = folds.find(({ train }) => train.length === 0);
  if (empty) {
    throw new DataInputError(`the embargo of ${embargo} leaves fold ${empty.index} nothing to train on`, {
      fix: 'Make embargo smaller, or trainSize larger.',
    });
  }
  return folds;
}

function requireSizes(sizes: Readonly<Record<string, number>>, least: number): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && size >= least) continue;
    throw new DataInputError(`${name} is ${size}`, { fix: `Give a whole number from ${least} on.` });
  }
}

function requireOrder(samples: readonly Timed[]): void {
  const i = samples.findIndex((sample, at) => at > 0 && sample.decisionDate < samples[at - 1].targetDate);
  if (i < 0) return;
  throw new DataInputError(
    `the sample of ${samples[i].decisionDate} comes after one with the target ${samples[i - 1].targetDate}`,
    { fix: 'Give samples oldest first, as makeSamples makes them.' },
  );
}
