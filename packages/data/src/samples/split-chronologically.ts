import { epochDay } from '../calendar/iso-date.js';
import { DataInputError, quote } from '../errors.js';
import type { Timed } from './sample.js';

/** Options of {@link splitChronologically}: the last target date of each part, YYYY-MM-DD, included. */
export interface SplitOptions {
  /** Last target date of the training part. @default '2013-12-31' */
  readonly trainEnd?: string;
  /** Last target date of the validation part. @default '2014-12-31' */
  readonly validationEnd?: string;
  /** Last target date of the test part. @default the end of the samples */
  readonly testEnd?: string;
}

/** Names of the parts, in time order. */
export const splitNames = ['train', 'validation', 'test'] as const;

export type SplitName = (typeof splitNames)[number];

/** Three parts in time order. */
export interface Split<S> {
  readonly train: S[];
  readonly validation: S[];
  readonly test: S[];
}

/**
 * Splits samples by the date of their target. With the defaults, the test part begins with the target
 * 2015-01-02, decided on 2014-12-31: the publisher's split of the Kaggle data.
 *
 * @throws DataInputError when the dates are out of order or a part has no sample.
 */
export function splitChronologically<S extends Timed>(
  samples: readonly S[],
  options: SplitOptions = {},
): Split<S> {
  const { trainEnd = '2013-12-31', validationEnd = '2014-12-31', testEnd } = options;
  const ends = Object.entries({ trainEnd, validationEnd, ...(testEnd === undefined ? {} : { testEnd }) });
  for (const [i, [name, date]] of ends.entries()) {
    if (epochDay(date) === null) {
      throw new DataInputError(`${name} is ${quote(date)}, which is not a date`, {
        fix: 'Write it as YYYY-MM-DD, such as 2013-12-31.',
      });
    }
    if (i > 0 && date <= ends[i - 1][1]) {
      throw new DataInputError(`${name} ${date} is not after ${ends[i - 1].join(' ')}`, {
        fix: 'Order them trainEnd < validationEnd < testEnd.',
      });
    }
  }
  const between = (after: string, end: string): S[] =>
    samples.filter(({ targetDate }) => targetDate > after && targetDate <= end);
  const split = {
    train: between('', trainEnd),
    validation: between(trainEnd, validationEnd),
    test: between(validationEnd, testEnd ?? '9999-12-31'),
  };
  const empty = Object.entries(split).find(([, part]) => part.length === 0);
  if (empty) {
    const dates = samples.map(({ targetDate }) => targetDate).sort();
    throw new DataInputError(
      `the ${empty[0]} part has no sample: there are ${dates.length} targets${dates.length > 0 ? `, from ${dates[0]} to ${dates[dates.length - 1]}` : ''}, cut after ${trainEnd} and ${validationEnd}`,
      { fix: 'Set trainEnd and validationEnd within these dates.' },
    );
  }
  return split;
}
