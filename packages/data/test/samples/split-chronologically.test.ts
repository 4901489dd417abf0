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

  it.each([
    [
      { trainEnd: '2013-02-30' },
      'trainEnd is "2013-02-30", which is not a date. Write it as YYYY-MM-DD, such as 2013-12-31.',
    ],
    [
      { trainEnd: '2015-01-01' },
      'validationEnd 2014-12-31 is not after trainEnd 2015-01-01. Order them trainEnd < validationEnd < testEnd.',
    ],
    [{ testEnd: '2014-12-31' }, 'testEnd 2014-12-31 is not after validationEnd 2014-12-31.'],
    [
      { trainEnd: '2010-12-31' },
      'the train part has no sample: there are 1364 targets, from 2011-02-01 to 2016-07-01, cut after 2010-12-31 and 2014-12-31. Set trainEnd and validationEnd within these dates.',
    ],
    [{ validationEnd: '2016-07-01' }, 'the test part has no sample'],
  ])('refuses %j', (options, message) => {
    expect(() => splitChronologically(samples, options)).toThrow(message);
  });
});
