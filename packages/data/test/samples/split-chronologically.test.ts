import { describe, expect, it } from 'vitest';
import { makeSamples, splitChronologically, syntheticMarket } from '../../src/index.js';

const samples = makeSamples(syntheticMarket({ headlinesPerDay: 1 }));

describe('splitChronologically', () => {
  it('splits the default synthetic market by default', () => {
    const { train, validation, test } = splitChronologically(samples);
    expect(train.at(-1)).toMatchObject({ decisionDate: '2013-12-30', targetDate: '2013-12-31' });
    expect(validation[0]).toMatchObject({ decisionDate: '2013-12-31', targetDate: '2014-01-02' });
    expect(validation.at(-1)).toMatchObject({ targetDate: '2014-12-31' });
    expect(test[0]).toMatchObject({ decisionDate: '2014-12-31', targetDate: '2015-01-02' });
    expect(test.at(-1)).toMatchObject({ targetDate: '2016-07-01' });
    expect(test).toHaveLength(378);
    expect(train.length + validation.length + test.length).toBe(samples.length);
  });

  it('ends the test part where it is told', () => {
    const { test } = splitChronologically(samples, { testEnd: '2015-06-30' });
    expect(test.at(-1)!.targetDate).toBe('2015-06-30');
  });

  it.each(['2009-06-01', '1999-01-04', '2015-06-01'])(
    'splits other years by shares of the samples (from %s)',
    (start) => {
      const others = makeSamples(syntheticMarket({ headlinesPerDay: 1, start, days: 240 }));
      const n = others.length;
      const { train, validation, test } = splitChronologically(others);
      expect([...train, ...validation, ...test]).toEqual(others);
      expect(test).toHaveLength(Math.round(0.15 * n));
      expect(validation).toHaveLength(Math.round(0.15 * n));
    },
  );

  it('splits by shares where the default dates leave a part with a few days alone', () => {
    const until = (end: string) => samples.filter(({ targetDate }) => targetDate <= end);
    expect(splitChronologically(until('2015-02-27')).test[0].targetDate).not.toBe('2015-01-02');
    expect(splitChronologically(until('2015-12-31')).test[0].targetDate).toBe('2015-01-02');
    expect(splitChronologically(samples, { testEnd: '2013-12-31' }).test.at(-1)!.targetDate).toBe(
      '2013-12-31',
    );
  });

  it('gives each of three samples a part, and refuses fewer', () => {
    const { train, validation, test } = splitChronologically(samples.slice(0, 3));
    expect([train.length, validation.length, test.length]).toEqual([1, 1, 1]);
    for (const n of [0, 1, 2]) {
      expect(() => splitChronologically(samples.slice(0, n))).toThrow(
        `${n} samples are too few for a training, a validation and a test part. Give a longer series`,
      );
    }
  });

  it.each([
    [
      { trainEnd: '2013-02-30' },
      'trainEnd is "2013-02-30", which is not a date. Write it as YYYY-MM-DD, such as 2013-12-31.',
    ],
    [
      { trainEnd: '2015-01-01' },
      'validationEnd 2014-12-31 is not after trainEnd 2015-01-01. Order them trainEnd < validationEnd < testEnd.',
    ],
    [
      { validationEnd: '2014-12-31', testEnd: '2014-12-31' },
      'testEnd 2014-12-31 is not after validationEnd 2014-12-31.',
    ],
    [
      { trainEnd: '2010-12-31' },
      'the train part has no sample: there are 1364 targets, from 2011-02-01 to 2016-07-01, cut after 2010-12-31 and 2014-12-31. Set trainEnd and validationEnd within these dates.',
    ],
    [{ validationEnd: '2016-07-01' }, 'the test part has no sample'],
  ])('refuses %j', (options, message) => {
    expect(() => splitChronologically(samples, options)).toThrow(message);
  });
});
