import { epochDay } from '../calendar/iso-date.js';
import { DataInputError, quote } from '../errors.js';
import type { Timed } from './sample.js';

/** The publisher's split of the Kaggle data: the test part begins with the target 2015-01-02, decided on 2014-12-31. */
const kaggleEnds = { trainEnd: '2013-12-31', validationEnd: '2014-12-31' };

/** Share of the samples that each part must have for the Kaggle split to be the default. Other markets have other years. */
const LEAST_SHARE = 0.05;

/** Share of the validation part and of the test part where the Kaggle split does not fit. The training part has the rest. */
const HELD_OUT = 0.15;

/**
 * Options of {@link splitChronologically}: the last target date of each part, YYYY-MM-DD, included. Without `trainEnd` and
 * `validationEnd`, the parts are those of the Kaggle split, or 70 %, 15 % and 15 % of the samples where that would leave a part with
 * less than 5 %.
 */
export interface SplitOptions {
  /** Last target date of the training part. @default '2013-12-31' beside a `validationEnd` */
  readonly trainEnd?: string;
  /** Last target date of the validation part. @default '2014-12-31' beside a `trainEnd` */
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
 * Splits samples by the date of their target.
 *
 * @throws DataInputError when the dates are out of order or a part has no sample.
 */
export function splitChronologically<S extends Timed>(
  samples: readonly S[],
  options: SplitOptions = {},
): Split<S> {
  const { testEnd } = options;
  const { trainEnd, validationEnd } =
    options.trainEnd === undefined && options.validationEnd === undefined
      ? defaultEnds(samples, testEnd)
      : { ...kaggleEnds, ...options };
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

/** Ends of the Kaggle split where it leaves each part enough samples, else those that cut by shares. */
function defaultEnds(samples: readonly Timed[], testEnd = '9999-12-31'): typeof kaggleEnds {
  const dates = samples
    .map(({ targetDate }) => targetDate)
    .filter((date) => date <= testEnd)
    .sort();
  const n = dates.length;
  const upTo = (end: string): number => dates.filter((date) => date <= end).length;
  const [train, validation] = [upTo(kaggleEnds.trainEnd), upTo(kaggleEnds.validationEnd)];
  if (Math.min(train, validation - train, n - validation) >= LEAST_SHARE * n && n > 0) return kaggleEnds;
  const heldOut = Math.max(1, Math.round(HELD_OUT * n));
  const trainSize = n - 2 * heldOut;
  if (trainSize < 1) {
    throw new DataInputError(`${n} samples are too few for a training, a validation and a test part`, {
      fix: 'Give a longer series of prices or headlines, or a shorter window.',
    });
  }
  return { trainEnd: dates[trainSize - 1], validationEnd: dates[trainSize + heldOut - 1] };
}
