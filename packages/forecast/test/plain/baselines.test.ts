import { loadKaggle, makeSamples, splitChronologically, syntheticMarket } from '@fin/data';
import { sharedPath } from '@fin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForecastInputError } from '../../src/errors.js';
import type { BaselineForecasts, BaselineName, BaselineSample, BaselineSplit } from '../../src/index.js';
import { BASELINE_NAMES, baselines, evaluateForecast, forecastBaselines } from '../../src/index.js';
import { toneSentiment } from './tone-sentiment.js';

const date = (day: number) => new Date(Date.UTC(2015, 0, 1 + day)).toISOString().slice(0, 10);

/** Samples of a series of closes, one a day. */
const samplesOf = (closes: readonly number[], firstDay = 0): BaselineSample[] =>
  closes.slice(1).map((targetClose, i) => ({
    decisionDate: date(firstDay + i),
    targetDate: date(firstDay + i + 1),
    lastClose: closes[i],
    targetClose,
  }));

const splitAt = (samples: BaselineSample[], train: number, validation: number): BaselineSplit => ({
  train: samples.slice(0, train),
  validation: samples.slice(train, train + validation),
  test: samples.slice(train + validation),
});

const of = (forecasts: readonly BaselineForecasts[], name: BaselineName) =>
  forecasts.find(({ model }) => model === name)!.test.map(({ predicted }) => predicted);

/** Forecast change of the day after the training days whose changes are given. */
const changeAfter = (name: BaselineName, changes: readonly number[]) => {
  const closes = [1000];
  for (const change of [...changes, 1]) closes.push(closes[closes.length - 1] + change);
  const split = splitAt(samplesOf(closes), changes.length, 0);
  return of(forecastBaselines(split), name)[0] - split.test[0].lastClose;
};

describe('baselines', () => {
  it('persistence repeats, drift adds the mean change', () => {
    expect(changeAfter('persistence', [1, -4, 9])).toBe(0);
    expect(changeAfter('drift', [1, -4, 9])).toBe(2);
  });

  it('majority class names the more frequent direction', () => {
    expect(changeAfter('majority-class', [1, 2, -50])).toBe(1);
    expect(changeAfter('majority-class', [-1, -2, 50])).toBe(-1);
    expect(changeAfter('majority-class', [0, 0, 0, -3])).toBe(-3);
    expect(changeAfter('majority-class', [-3, 5])).toBe(5);
    expect(changeAfter('majority-class', [0, 0])).toBe(0);
  });

  it('majority class has the sign of the majority, whatever the moves', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 60 }), (changes) => {
        const up = changes.filter((change) => change > 0).length;
        const down = changes.filter((change) => change < 0).length;
        const expected = up + down === 0 ? 0 : up >= down ? 1 : -1;
        return Math.sign(changeAfter('majority-class', changes)) === expected;
      }),
    );
  });

  it('moving average takes the last five closes, or those that are known', () => {
    const split = splitAt(samplesOf([10, 20, 30, 40, 50, 60, 70, 80]), 1, 0);
    expect(of(forecastBaselines(split), 'moving-average')).toEqual([15, 20, 25, 30, 40, 50]);
  });

  it('forecast what is certain: a series of constant closes, or of constant growth', () => {
    const flat = splitAt(samplesOf(new Array(60).fill(100)), 40, 5);
    const growing = splitAt(samplesOf(Array.from({ length: 60 }, (_, i) => 100 * 1.01 ** i)), 40, 5);
    for (const { model, test } of forecastBaselines(flat)) {
      for (const { predicted } of test) expect(predicted, model).toBeCloseTo(100, 9);
    }
    for (const [i, forecast] of of(forecastBaselines(growing), 'ar').entries()) {
      expect(forecast).toBeCloseTo(growing.test[i].targetClose, 9);
    }
  });

  it('do not carry closes over a gap between samples', () => {
    const split = {
      ...splitAt(samplesOf([10, 20, 30, 40]), 2, 1),
      test: samplesOf([80, 90, 100], 20),
    };
    expect(of(forecastBaselines(split), 'moving-average')).toEqual([80, 85]);
  });

  it('that read windows or sentiment are left out without them', () => {
    const samples = makeSamples(syntheticMarket({ start: '2013-08-01', days: 400 }));
    const split = splitChronologically(samples);
    const names = (...args: Parameters<typeof forecastBaselines>) =>
      forecastBaselines(...args).map(({ model }) => model);
    const closesOnly = splitAt(
      samples.map(({ window: _, ...sample }) => sample),
      80,
      250,
    );
    expect(names(closesOnly)).toEqual(BASELINE_NAMES.slice(0, 6));
    expect(names(split)).toEqual(BASELINE_NAMES.slice(0, 7));
    expect(names(split, { sentiment: new Map() })).toEqual(BASELINE_NAMES);
    expect(baselines.map(({ name }) => name)).toEqual(BASELINE_NAMES);
  });

  it('with sentiment find the signal that is planted in the headlines, and only they', () => {
    const market = syntheticMarket({ signal: 0.02 });
    const split = splitChronologically(makeSamples(market));
    const sentiment = toneSentiment(split);
    const forecasts = forecastBaselines(split, { sentiment });
    const row = (name: BaselineName) => {
      const { test } = forecasts.find(({ model }) => model === name)!;
      return evaluateForecast(name, test);
    };
    expect(row('ridge-sentiment').dieboldMariano!.pValue).toBeLessThan(1e-6);
    expect(row('ridge-sentiment').rmse).toBeLessThan(0.75 * row('persistence').rmse);
    expect(row('ridge').rmse).toBeGreaterThan(0.97 * row('persistence').rmse);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'an empty training part',
      () => forecastBaselines({ train: [], validation: [], test: [] }),
      /no training/,
    ],
    [
      'a close that is no number',
      () => forecastBaselines(splitAt(samplesOf([1, Number.NaN, 1]), 1, 0)),
      /2015-01-01 goes from 1 to NaN/,
    ],
    ['a close of 0', () => forecastBaselines(splitAt(samplesOf([1, 0, 1]), 1, 0)), /above 0/],
    [
      'parts out of order',
      () => forecastBaselines({ train: samplesOf([1, 2], 5), validation: [], test: samplesOf([1, 2]) }),
      /2015-01-01 .* out of order/,
    ],
    [
      'windows of two sizes',
      () => {
        const samples = samplesOf([1, 2, 3, 4]).map((sample, i) => ({
          ...sample,
          window: new Float64Array(1 + (i % 2)),
        }));
        return forecastBaselines(splitAt(samples, 2, 0));
      },
      /window of 2015-01-02 has 2 values, others 1/,
    ],
    [
      'windows of some days',
      () => {
        const [first, ...rest] = samplesOf([1, 2, 3, 4]);
        return forecastBaselines(splitAt([{ ...first, window: new Float64Array(2) }, ...rest], 2, 0));
      },
      /2015-01-02 has no window/,
    ],
  ])('refuse %s', (_, act, message) => {
    expect(act).toThrow(ForecastInputError);
    expect(act).toThrow(message);
  });
});

const folder = sharedPath('data', 'stocknews-djia');

/** The study's own figures; the data are not ours to ship, so this runs where they lie beside the workspace. */
describe.skipIf(folder === null)('baselines on the real test days (skipped without the Kaggle files)', () => {
  it('reproduces persistence, drift and the majority rate on 2015-01-02 ... 2016-07-01', async () => {
    const split = splitChronologically(makeSamples(await loadKaggle({ dir: folder as string })));
    const [naive, drifting, majority, ...others] = forecastBaselines(split).map(({ model, test }) =>
      evaluateForecast(model, test),
    );

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

    expect(others.map(({ model }) => model)).toEqual(['moving-average', 'ar', 'arima-1-1-1', 'ridge']);
    for (const { mae } of others) expect(mae).toBeGreaterThan(124);
  });
});
