import { parity } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { ForecastInputError } from '../../src/errors.js';
import {
  directionalAccuracy,
  evaluateForecast,
  forecastPoint,
  mae,
  mape,
  mase,
  r2,
  rmse,
  smape,
} from '../../src/metrics/index.js';
import { oracle } from './metrics-oracle.js';

/** Sums in another order than numpy's: a few ulps of a double. */
const RELATIVE = parity('forecast-metrics').rtol;

const near = (actual: number | null | undefined, expected: number) => {
  expect(Math.abs((actual as number) - expected)).toBeLessThanOrEqual(RELATIVE * Math.abs(expected));
};

const pointsOf = (sample: { lastClose: number[]; actual: number[]; predicted: number[] }) =>
  sample.lastClose.map((lastClose, i) =>
    forecastPoint(
      { decisionDate: '2015-01-02', targetDate: '2015-01-05', lastClose, targetClose: sample.actual[i] },
      sample.predicted[i],
    ),
  );

const points = (rows: [lastClose: number, actual: number, predicted: number][]) =>
  rows.map(([lastClose, targetClose, predicted]) =>
    forecastPoint({ decisionDate: 'd', targetDate: 't', lastClose, targetClose }, predicted),
  );

describe.each(oracle.metrics)('metrics against numpy and statsmodels, case %#', (sample) => {
  const { actual, predicted, lastClose } = sample;

  it('agrees on every error measure', () => {
    near(mae(actual, predicted), sample.mae);
    near(rmse(actual, predicted), sample.rmse);
    near(mape(actual, predicted), sample.mape);
    near(smape(actual, predicted), sample.smape);
    near(r2(actual, predicted), sample.r2);
    near(mase(actual, predicted, lastClose), sample.mase);
    near(
      mase(Float64Array.from(actual), Float64Array.from(predicted), Float64Array.from(lastClose)),
      sample.mase,
    );
  });

  it('agrees on the whole row, tests included', () => {
    const row = evaluateForecast('model', pointsOf(sample));
    near(row.mae, sample.mae);
    near(row.rmse, sample.rmse);
    near(row.mape, sample.mape);
    near(row.r2, sample.r2);
    near(row.directionalAccuracy, sample.directionalAccuracy);
    near(row.directionalInterval?.[0], sample.directionalInterval[0]);
    near(row.directionalInterval?.[1], sample.directionalInterval[1]);
    expect(row.notes).toEqual([]);
    for (const loss of ['squared', 'absolute'] as const) {
      const test = evaluateForecast('model', pointsOf(sample), { loss }).dieboldMariano;
      expect(test?.loss).toBe(loss);
      expect(test?.statistic).toBeCloseTo(sample[loss].statistic, 9);
      expect(test?.pValue).toBeCloseTo(sample[loss].pValue, 10);
    }
  });
});

describe('direction', () => {
  it('counts an unchanged day as up and leaves a forecast of no change out', () => {
    const result = directionalAccuracy(
      points([
        [100, 101, 102], // up, said up
        [100, 100, 101], // unchanged, said up: right
        [100, 100, 99], // unchanged, said down: wrong
        [100, 99, 98], // down, said down
        [100, 101, 100], // said nothing
      ]),
    );
    expect(result).toMatchObject({ value: 3 / 4, hits: 3, n: 4 });
  });

  it('is null, not zero, for forecasts that never name a direction', () => {
    const row = evaluateForecast(
      'persistence',
      points(Array.from({ length: 20 }, (_, i) => [100, 100 + i, 100])),
    );
    expect(row.directionalAccuracy).toBeNull();
    expect(row.directionalInterval).toBeNull();
    expect(row.directionalN).toBe(0);
    expect(row.dieboldMariano).toBeNull();
    expect(row.notes.join()).toContain('names no direction');
  });
});

describe('degenerate series', () => {
  it('gives a model that is persistence in disguise p = 1 and says why', () => {
    const row = evaluateForecast('model', points(Array.from({ length: 20 }, (_, i) => [100, 100 + i, 100])));
    expect(row.dieboldMariano).toEqual({ statistic: 0, pValue: 1, loss: 'squared' });
    expect(row.notes.join()).toContain('nothing to test');
  });

  it('does not test a handful of days', () => {
    const row = evaluateForecast('model', points([[100, 101, 102]]));
    expect(row.dieboldMariano).toBeNull();
    expect(row.notes.join()).toContain('too few');
  });

  it('survives JSON: no NaN, no infinity, nothing undefined', () => {
    const row = evaluateForecast('model', points(Array.from({ length: 9 }, () => [100, 100, 100])));
    expect(JSON.parse(JSON.stringify(row))).toEqual(row);
    expect(row.r2).toBe(1);
  });

  it('has r2 0 where a constant is missed', () => {
    expect(r2([5, 5], [5, 6])).toBe(0);
  });

  it.each([
    ['lengths', () => mae([1, 2], [1]), /2 actual values and 1 predictions/],
    ['emptiness', () => rmse([], []), /no values/],
    ['NaN', () => r2([1, Number.NaN], [1, 2]), /actual value 1 is NaN/],
    ['infinity', () => smape([1], [Number.POSITIVE_INFINITY]), /prediction 0 is Infinity/],
    ['a price of zero', () => mape([0], [1]), /percentage error is undefined/],
    ['a flat training series', () => mase([1], [1], [3, 3]), /never changes/],
    ['a short training series', () => mase([1], [1], [3]), /at least two/],
    ['no forecasts', () => evaluateForecast('lstm', []), /lstm: no forecasts/],
    [
      'a direction of NaN',
      () => directionalAccuracy([{ lastClose: 1, actual: 1, predicted: Number.NaN }]),
      /finite/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(ForecastInputError);
    expect(act).toThrow(message);
  });
});
