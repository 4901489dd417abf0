import { describe, expect, it } from 'vitest';
import type { Timed } from '../../src/index.js';
import { tradingDays, walkForwardPeriod } from '../../src/index.js';

const days = tradingDays('2012-01-03', '2012-12-31'); // 250 trading days
const samples: readonly Timed[] = days
  .slice(1)
  .map((targetDate, i) => ({ decisionDate: days[i], targetDate }));
const span = (part: readonly Timed[]) => [part[0].targetDate, part[part.length - 1].targetDate, part.length];

describe('walkForwardPeriod', () => {
  it('tests each day of the period once, and cuts validation and purge from the days before', () => {
    const folds = walkForwardPeriod(samples, {
      from: '2012-02-01',
      to: '2012-02-15',
      refitEvery: 6,
      validationSize: 4,
      purge: 2,
    });
    expect(folds.map(({ train, validation, test }) => [span(train), span(validation), span(test)])).toEqual([
      [
        ['2012-01-04', '2012-01-19', 11],
        ['2012-01-24', '2012-01-27', 4],
        ['2012-02-01', '2012-02-08', 6],
      ],
      [
        ['2012-01-04', '2012-01-27', 17],
        ['2012-02-01', '2012-02-06', 4],
        ['2012-02-09', '2012-02-15', 5],
      ],
    ]);
  });

  it('leaves an embargo after each earlier test part', () => {
    const folds = walkForwardPeriod(samples, {
      from: '2012-02-01',
      to: '2012-02-10',
      refitEvery: 3,
      embargo: 2,
    });
    const dates = folds.map(({ train }) => train.map(({ targetDate }) => targetDate));
    expect(dates[0].at(-1)).toBe('2012-01-31');
    expect(dates[1].slice(-3)).toEqual(['2012-02-01', '2012-02-02', '2012-02-03']);
    // 6 and 7 February follow the first test part.
    expect(dates[2].slice(-4)).toEqual(['2012-02-01', '2012-02-02', '2012-02-03', '2012-02-08']);
  });

  it('slides a window of a given or of the first length', () => {
    const sizes = { from: '2012-03-01', to: '2012-04-30', refitEvery: 20, mode: 'sliding' as const };
    const lengths = (trainSize?: number) =>
      walkForwardPeriod(samples, { ...sizes, trainSize }).map(({ train }) => train.length);
    expect(lengths(15)).toEqual([15, 15, 15]);
    expect(lengths()).toEqual([39, 39, 39]);
    expect(walkForwardPeriod(samples, { ...sizes, trainSize: 15 })[0].train[14].targetDate).toBe(
      '2012-02-29',
    );
  });

  it('tests the second half by default', () => {
    const folds = walkForwardPeriod(samples, { refitEvery: 60 });
    expect(folds.map(({ test }) => test.length)).toEqual([60, 60, 4]);
    expect(folds[0].test[0]).toBe(samples[125]);
  });

  it.each([
    [{ from: '2012-13-01', refitEvery: 5 }, 'from is "2012-13-01", which is not a date'],
    [{ from: '2013-01-01', refitEvery: 5 }, 'the targets are from 2012-01-04 to 2012-12-31'],
    [{ from: '2012-06-01', to: '2012-05-01', refitEvery: 5 }, 'no target lies from 2012-06-01 to 2012-05-01'],
    [
      { from: '2012-01-10', validationSize: 10, refitEvery: 5 },
      'there are 4 days before 2012-01-10, too few for any training days, 10 validation days and a purge of 0',
    ],
    [
      { from: '2012-02-01', mode: 'sliding' as const, trainSize: 100, refitEvery: 5 },
      'there are 19 days before 2012-02-01, too few for 100 training days',
    ],
    [{ from: '2012-02-01', refitEvery: 0 }, 'testSize is 0'],
  ])('refuses %j', (options, message) => {
    expect(() => walkForwardPeriod(samples, options)).toThrow(message);
  });
});
