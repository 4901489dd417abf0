import { readFileSync } from 'node:fs';
import { sharedPath } from '@fin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drift, evaluateBaselines, majorityClass, persistence } from '../../src/baselines/index.js';
import { ForecastInputError } from '../../src/errors.js';

const moves = (changes: number[]) => changes.map((change) => ({ lastClose: 100, targetClose: 100 + change }));

describe('baselines', () => {
  it('persistence repeats, drift adds the mean change', () => {
    expect(persistence().predict(17_000)).toBe(17_000);
    expect(drift(moves([1, -4, 9])).predict(100)).toBe(102);
  });

  it('majority class names the more frequent direction', () => {
    expect(majorityClass(moves([1, 2, -50])).change).toBe(1);
    expect(majorityClass(moves([-1, -2, 50])).change).toBe(-1);
    expect(majorityClass(moves([0, 0, 0, -3])).change).toBe(-3);
    expect(majorityClass(moves([-3, 5])).change).toBe(5);
    expect(majorityClass(moves([0, 0])).change).toBe(0);
  });

  it('majority class has the sign of the majority, whatever the moves', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }), (changes) => {
        const up = changes.filter((change) => change > 0).length;
        const down = changes.filter((change) => change < 0).length;
        const expected = up + down === 0 ? 0 : up >= down ? 1 : -1;
        return Math.sign(majorityClass(moves(changes)).change) === expected;
      }),
    );
  });

  it('refuses an empty training part and broken prices', () => {
    expect(() => drift([])).toThrow(ForecastInputError);
    expect(() => majorityClass([{ lastClose: 1, targetClose: Number.NaN }])).toThrow(/training sample 0/);
  });
});

const prices = sharedPath('data', 'stocknews-djia', 'upload_DJIA_table.csv');

/** The study's own figures; the price table is not ours to ship, so this runs where it lies beside the workspace. */
describe.skipIf(prices === null)(
  'baselines on the real test days (skipped without the Kaggle price table)',
  () => {
    const targets = () => {
      const closes = readFileSync(prices as string, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','))
        .map((cells) => ({ date: cells[0], close: Number(cells[4]) }))
        .reverse();
      return closes.slice(10).map(({ date, close }, i) => ({
        decisionDate: closes[i + 9].date,
        targetDate: date,
        lastClose: closes[i + 9].close,
        targetClose: close,
      }));
    };

    it('reproduces persistence, drift and the majority rate on 2015-01-02 ... 2016-07-01', () => {
      const all = targets();
      const train = all.filter(({ targetDate }) => targetDate <= '2013-12-31');
      const test = all.filter(({ targetDate }) => targetDate >= '2015-01-02');
      const [naive, drifting, majority] = evaluateBaselines(train, test);

      expect(naive).toMatchObject({ model: 'persistence', n: 378, directionalAccuracy: null });
      expect(naive.mae).toBeCloseTo(125.61, 2);
      expect(naive.rmse).toBeCloseTo(166.06, 2);
      expect(naive.mape! * 100).toBeCloseTo(0.728, 3);
      expect(naive.r2).toBeCloseTo(0.93, 3);

      expect(drifting.model).toBe('drift');
      expect(drifting.mae).toBeCloseTo(125.59, 2);
      expect(drifting.dieboldMariano?.pValue).toBeGreaterThan(0.5);

      expect(majority.model).toBe('majority-class');
      expect(majority.directionalAccuracy).toBeCloseTo(0.511, 3);
      expect(majority.directionalInterval?.[0]).toBeCloseTo(0.46, 2);
      expect(majority.mae).toBeLessThan(127);
    });
  },
);
