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
  outOfSampleR2,
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
    const row = evaluateForecast('model', pointsOf(sample), {
      trainingCloses: lastClose,
      drift: pointsOf({ ...sample, predicted: lastClose }),
    });
    near(row.mae, sample.mae);
    near(row.rmse, sample.rmse);
    near(row.mape, sample.mape);
    near(row.r2, sample.r2);
    near(row.smape, sample.smape);
    near(row.mase, sample.mase);
    near(row.oosR2, 1 - (sample.rmse / rmse(actual, lastClose)) ** 2);
    near(row.differences?.mae.value, sample.mae - mae(actual, lastClose));
    near(row.differences?.rmse.value, sample.rmse - rmse(actual, lastClose));
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
  it('does not test a model that is persistence in disguise, and says why', () => {
    const row = evaluateForecast('model', points(Array.from({ length: 20 }, (_, i) => [100, 100 + i, 100])));
    expect(row.dieboldMariano).toBeNull();
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
    expect(row.r2).toBeNull();
    expect(row.notes.join()).toContain('R² is undefined');
  });

  it('has a null and a reason, never NaN, infinity or p = 1, for each undefined statistic', () => {
    const rows: Record<string, [lastClose: number, actual: number, predicted: number][]> = {
      'one day': [[100, 101, 102]],
      'two equal days': [
        [100, 101, 102],
        [101, 101, 102],
      ],
      'an error that saves the same every day': Array.from({ length: 20 }, (_, i) => [
        90 + i,
        100 + i,
        98 + i,
      ]),
      'constant closes of 0.7': Array.from({ length: 20 }, (_, i) => [0.6, 0.7, 0.6 + i / 100]),
      'a close of 0': Array.from({ length: 20 }, (_, i) => [1, i, i + 1]),
      'no moves at all': Array.from({ length: 20 }, () => [5, 5, 5]),
    };
    for (const [name, series] of Object.entries(rows)) {
      const row = evaluateForecast('model', points(series), {
        trainingCloses: [3, 3, 3],
        drift: points(series.map(([last, actual]) => [last, actual, actual])),
        nestsPersistence: true,
      });
      expect(JSON.parse(JSON.stringify(row)), name).toEqual(row);
      for (const test of [row.dieboldMariano, row.clarkWest, row.pesaranTimmermann]) {
        expect(test?.pValue, name).not.toBe(1);
      }
      const notes = row.notes.join('; ');
      const says = (value: unknown, reason: RegExp) => {
        if (value === null) expect(notes, name).toMatch(reason);
      };
      says(row.mape, /MAPE is undefined/);
      says(row.mase, /MASE is undefined/);
      says(row.r2, /R² is undefined/);
      says(row.oosR2, /out-of-sample R² is undefined/);
      says(row.directionalAccuracy, /names no direction/);
      says(row.dieboldMariano, /Diebold-Mariano test/);
      says(row.clarkWest, /Clark-West test|too few for .* every other test/);
      says(row.pesaranTimmermann, /Pesaran-Timmermann test|names no direction|every other test/);
      expect(row.notes.length, name).toBeGreaterThan(0);
    }
  });

  it('is null where the statistic divides by zero', () => {
    expect(r2([5, 5], [5, 6])).toBeNull();
    expect(r2([5], [5])).toBeNull();
    expect(r2(new Array(7).fill(0.7), new Array(7).fill(0.8))).toBeNull();
    expect(mape([0], [1])).toBeNull();
    expect(mase([1], [1], [3, 3])).toBeNull();
    expect(smape([0], [0])).toBe(0);
    expect(outOfSampleR2([1, 2], [1, 3], [1, 2])).toBeNull();
    expect(outOfSampleR2([1, 2], [1, 3], [1, 4])).toBe(3 / 4);
    expect(directionalAccuracy([])).toEqual({ value: null, hits: 0, n: 0, interval: null });
  });

  it.each([
    ['lengths', () => mae([1, 2], [1]), /2 actual values and 1 predictions/],
    ['emptiness', () => rmse([], []), /no values/],
    ['NaN', () => r2([1, Number.NaN], [1, 2]), /actual value 1 is NaN/],
    ['infinity', () => smape([1], [Number.POSITIVE_INFINITY]), /prediction 0 is Infinity/],
    ['squares that overflow', () => rmse([1e200], [-1e200]), /too large/],
    ['differences that overflow', () => mae([1e308], [-1e308]), /too large/],
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
