import { epochDay } from '../calendar/iso-date.js';
import { DataInputError, quote } from '../errors.js';
import type { Timed } from './sample.js';
import type { Fold, WalkForwardOptions } from './walk-forward.js';
import { walkForward } from './walk-forward.js';

/** Options of {@link walkForwardPeriod}. */
export interface WalkForwardPeriodOptions
  extends Pick<WalkForwardOptions, 'mode' | 'validationSize' | 'purge' | 'embargo'> {
  /** First target date to test, YYYY-MM-DD. @default the second half of the samples */
  readonly from?: string;
  /** Last target date to test, included. @default the end of the samples */
  readonly to?: string;
  /** Samples that each fold tests, that is, trading days until the next refit. */
  readonly refitEvery: number;
  /** With `sliding`: training samples of every fold. @default as many as the first fold can have */
  readonly trainSize?: number;
}

/**
 * Makes the folds of {@link walkForward} that test each day of a period once. Training and validation use the days before.
 *
 * @throws DataInputError when a date or size is not possible, or there are too few days before the period
 * @example
 * const folds = walkForwardPeriod(samples, { from: '2012-01-01', to: '2016-06-30', refitEvery: 63, validationSize: 126 });
 */
export function walkForwardPeriod<S extends Timed>(
  samples: readonly S[],
  options: WalkForwardPeriodOptions,
): Fold<S>[] {
  const { mode = 'expanding', from, to, refitEvery, validationSize = 0, purge = 0, embargo = 0 } = options;
  for (const [name, date] of Object.entries({ from, to })) {
    if (date !== undefined && epochDay(date) === null) {
      throw new DataInputError(`${name} is ${quote(date)}, which is not a date`, {
        fix: 'Write it as YYYY-MM-DD, such as 2012-01-01.',
      });
    }
  }
  const firstTest =
    from === undefined
      ? Math.ceil(samples.length / 2)
      : samples.findIndex(({ targetDate }) => targetDate >= from);
  const period = to === undefined ? samples : samples.filter(({ targetDate }) => targetDate <= to);
  if (firstTest < 0 || firstTest >= period.length) {
    throw new DataInputError(
      `no target lies from ${from ?? 'the second half'} to ${to ?? 'the end'}: ${spanOf(samples)}`,
      { fix: 'Set from and to within these dates, from before to.' },
    );
  }
  const most = firstTest - (validationSize > 0 ? validationSize + 2 * purge : purge);
  const trainSize = (mode === 'sliding' ? options.trainSize : undefined) ?? most;
  if (most < 1 || trainSize > most) {
    throw new DataInputError(
      `there are ${firstTest} days before ${samples[firstTest].targetDate}, too few for ${options.trainSize ?? 'any'} ` +
        `training days, ${validationSize} validation days and a purge of ${purge}`,
      { fix: 'Begin later, or make these smaller.' },
    );
  }
  return walkForward(period.slice(most - trainSize), {
    mode,
    trainSize,
    validationSize,
    testSize: refitEvery,
    purge,
    embargo,
  });
}

function spanOf(samples: readonly Timed[]): string {
  const [first, last] = [samples[0], samples[samples.length - 1]];
  return first ? `the targets are from ${first.targetDate} to ${last.targetDate}` : 'there are no targets';
}
