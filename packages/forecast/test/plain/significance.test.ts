import { allClose } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { ForecastInputError } from '../../src/errors.js';
import {
  bootstrapInterval,
  clarkWest,
  dieboldMariano,
  holm,
  normalQuantile,
  optimalBlockLength,
  pearson,
  pesaranTimmermann,
  studentTCdf,
  studentTTwoSided,
  wilsonInterval,
} from '../../src/significance/index.js';
import { oracle } from './metrics-oracle.js';

describe('against scipy, statsmodels and mpmath', () => {
  it('Student t: 1e-13 (1e-11 at a million degrees of freedom), and 1e-9 relative deep in the tail', () => {
    for (const { t, df, cdf, twoSided } of oracle.studentT) {
      expect(Math.abs(studentTCdf(t, df) - cdf)).toBeLessThan(df > 1e4 ? 1e-11 : 1e-13);
      if (twoSided > 1e-290) {
        expect(Math.abs(studentTTwoSided(t, df) / twoSided - 1), `t ${t} df ${df}`).toBeLessThan(1e-9);
      }
    }
  });

  it('normal quantiles: 1e-14 relative', () => {
    for (const { p, z } of oracle.normalQuantile)
      allClose([normalQuantile(p)], [z], { rtol: 1e-14, atol: 0 });
  });

  it('Wilson intervals', () => {
    for (const { successes, n, level, interval } of oracle.wilson) {
      allClose(wilsonInterval(successes, n, level)!, interval, { rtol: 1e-12, atol: 1e-15 });
    }
  });

  it('Diebold-Mariano: every horizon, loss and alternative', () => {
    expect(oracle.dieboldMariano.length).toBeGreaterThan(30);
    for (const { a, b, statistic, pValue, ...options } of oracle.dieboldMariano) {
      const result = dieboldMariano(a, b, options);
      allClose([result.statistic!, result.pValue!], [statistic, pValue], { rtol: 1e-10, atol: 1e-12 });
    }
  });

  it('Pearson', () => {
    for (const { x, y, r, pValue, interval } of oracle.pearson) {
      const result = pearson(x, y);
      allClose([result.r as number, result.pValue as number], [r, pValue], { rtol: 1e-9, atol: 1e-14 });
      allClose(result.interval as readonly [number, number], interval, { rtol: 1e-10, atol: 1e-13 });
    }
  });
});

describe('Diebold-Mariano', () => {
  const a = [1, -2, 3, -1, 2, 0.5, -1.5, 2.5, 1];
  const b = [2, -1, 4, -2, 1, 1.5, -0.5, 3.5, 3];

  it('changes sign, not p, when the forecasts change places', () => {
    const forward = dieboldMariano(a, b);
    const backward = dieboldMariano(b, a);
    expect(forward.statistic).toBeLessThan(0);
    expect(backward.statistic).toBe(-forward.statistic!);
    expect(backward.pValue).toBe(forward.pValue);
    expect(dieboldMariano(a, b, { alternative: 'less' }).pValue).toBeCloseTo(forward.pValue! / 2, 12);
    expect(dieboldMariano(a, b, { alternative: 'greater' }).pValue).toBeCloseTo(1 - forward.pValue! / 2, 12);
  });

  it('does not depend on the unit', () => {
    const small = (errors: number[]) => errors.map((error) => error * 1e-4);
    const scaled = dieboldMariano(small(a), small(b));
    expect(scaled.statistic).toBeCloseTo(dieboldMariano(a, b).statistic!, 10);
  });

  it('finds nothing in identical forecasts', () => {
    expect(dieboldMariano(a, a)).toMatchObject({ statistic: null, pValue: null, n: 9 });
    expect(dieboldMariano(a, a).note).toContain('nothing to test');
    const mirrored = a.map((error) => -error);
    expect(dieboldMariano(a, mirrored).pValue).toBeNull();
  });

  it('claims nothing from differences without variance', () => {
    const result = dieboldMariano([0.1, 0.1, 0.1, 0.1], [0.3, 0.3, 0.3, 0.3]);
    expect(result).toMatchObject({ statistic: null, pValue: null });
    expect(result.note).toContain('same amount');
  });

  it('falls back to one step where the variance over several is not positive', () => {
    const alternating = [1, 3, 1, 3, 1, 3, 1, 3];
    const zero = alternating.map(() => 0);
    const result = dieboldMariano(alternating, zero, { horizon: 2, loss: 'absolute' });
    expect(result.note).toContain('horizon 1');
    expect(result.statistic).toBe(dieboldMariano(alternating, zero, { loss: 'absolute' }).statistic);
  });
});

it('Pearson has no correlation with a constant, and none of its own making', () => {
  expect(pearson([1, 2, 3], [5, 5, 5])).toEqual({
    r: null,
    pValue: null,
    interval: null,
    n: 3,
    note: expect.stringContaining('second series is constant'),
  });
  const tenths = new Array(7).fill(0.7);
  expect(pearson(tenths, [1, 2, 3, 4, 5, 6, 7])).toMatchObject({ r: null, pValue: null });
  expect(pearson([1, 2, 4], [1, 3, 2])).toMatchObject({
    interval: null,
    note: expect.stringContaining('four'),
  });
  expect(pearson([1, 2, 3, 4], [2, 4, 6, 8])).toMatchObject({
    r: expect.closeTo(1, 15),
    pValue: expect.closeTo(0, 12),
  });
});

it('Clark-West and Pesaran-Timmermann give null and a reason where there is nothing to test', () => {
  expect(clarkWest([1, 2, 3], [1, 1, 1], [1, 1, 1])).toMatchObject({
    statistic: null,
    pValue: null,
    note: expect.stringContaining('nothing to test'),
  });
  const up = [true, true, true, true];
  const mixed = [true, false, true, false];
  expect(pesaranTimmermann(mixed, up)).toMatchObject({
    pValue: null,
    note: expect.stringContaining('forecast names the same direction'),
  });
  expect(pesaranTimmermann(up, mixed)).toMatchObject({
    pValue: null,
    note: expect.stringContaining('series has the same direction'),
  });
  expect(pesaranTimmermann([true, false], [true, false]).note).toBe(null);
});

it('Holm leaves out tests without a p-value', () => {
  expect(holm([null, 0.02, null, 0.03])).toEqual([null, 0.04, null, 0.04]);
  expect(holm([])).toEqual([]);
});

it('a bootstrap interval is the same again, and follows seed and level', () => {
  const series = Array.from({ length: 50 }, (_, i) => Math.sin(i * i));
  const mean = ([value]: readonly number[]) => value;
  const interval = bootstrapInterval([series], mean);
  expect(bootstrapInterval([series], mean)).toEqual(interval);
  expect(bootstrapInterval([series], mean, { seed: 1 })).not.toEqual(interval);
  const wider = bootstrapInterval([series], mean, { level: 0.99 });
  expect(wider[0]).toBeLessThan(interval[0]);
  expect(wider[1]).toBeGreaterThan(interval[1]);
  expect(optimalBlockLength(new Array(40).fill(3))).toBe(1);
});

it('Wilson has the intervals of Newcombe (1998), table I, method 3', () => {
  const published = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ];
  for (const [successes, n, low, high] of published) {
    const interval = wilsonInterval(successes, n)!;
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  }
});

it('Wilson has no interval of no trials', () => {
  expect(wilsonInterval(0, 0)).toBeNull();
});

it.each([
  ['unequal lengths', () => dieboldMariano([1, 2], [1]), /same days/],
  ['one forecast', () => dieboldMariano([1], [2]), /at least 2/],
  ['a horizon beyond the series', () => dieboldMariano([1, 2, 3], [1, 2, 4], { horizon: 3 }), /at least 4/],
  ['a broken horizon', () => dieboldMariano([1, 2, 3], [1, 2, 4], { horizon: 0 }), /horizon 0/],
  ['a NaN error', () => dieboldMariano([1, Number.NaN], [1, 2]), /errors 1 are NaN and 2/],
  ['fewer than no trials', () => wilsonInterval(0, -1), /at least 0/],
  ['errors that overflow', () => dieboldMariano([1e200, 1], [1, 2]), /too large/],
  ['too many successes', () => wilsonInterval(4, 3), /from 0 to 3/],
  ['a level in percent', () => wilsonInterval(1, 3, 95), /between 0 and 1/],
  ['no freedom', () => studentTCdf(1, 0), /degrees of freedom/],
  ['a NaN t', () => studentTCdf(Number.NaN, 5), /NaN/],
  ['certainty', () => normalQuantile(1), /between 0 and 1/],
  ['forecasts of other days', () => clarkWest([1, 2], [1], [1, 2]), /2 outcomes, 1 and 2 forecasts/],
  ['a NaN forecast', () => clarkWest([1, 2], [1, Number.NaN], [1, 2]), /day 1 has outcome 2/],
  ['no directions', () => pesaranTimmermann([], []), /one of each per day/],
  [
    'a confidence in percent',
    () => bootstrapInterval([[1, 2]], ([m]) => m, { level: 95 }),
    /between 0 and 1/,
  ],
  ['two pairs', () => pearson([1, 2], [1, 2]), /three pairs/],
  ['a NaN in a correlation', () => pearson([1, 2, Number.NaN], [1, 2, 3]), /finite/],
])('refuses %s', (_, act, message) => {
  expect(act).toThrow(ForecastInputError);
  expect(act).toThrow(message);
});
