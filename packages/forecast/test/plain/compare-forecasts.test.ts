import { describe, expect, it } from 'vitest';
import { ForecastInputError } from '../../src/errors.js';
import type { ForecastPoint } from '../../src/index.js';
import {
  clarkWest,
  compareForecasts,
  dieboldMariano,
  evaluateForecast,
  evaluateSeeds,
} from '../../src/index.js';

/** Numbers that look random and are always the same. */
const wave = (i: number, k: number) => (Math.sin(12.9898 * i + 78.233 * k) * 43758.5453) % 1;

/** Forecasts of 60 days whose error is `scale` times a wave. */
const forecasts = (k: number, scale: number): ForecastPoint[] =>
  Array.from({ length: 60 }, (_, i) => {
    const lastClose = 1000 + 20 * wave(i, 1);
    const actual = lastClose + 10 * wave(i, 2);
    const predicted = actual + scale * wave(i, k);
    const date = (day: number) => new Date(Date.UTC(2016, 0, 1 + day)).toISOString().slice(0, 10);
    return { decisionDate: date(i), targetDate: date(i + 1), lastClose, actual, predicted };
  });
const errors = (points: readonly ForecastPoint[]) =>
  points.map(({ actual, predicted }) => actual - predicted);
const predicted = (points: readonly ForecastPoint[]) => points.map((point) => point.predicted);

describe('evaluateSeeds', () => {
  const seeds = [forecasts(3, 8), forecasts(4, 9), forecasts(5, 10)];

  it('is evaluateForecast for one seed', () => {
    const { seeds: count, deviations, ...row } = evaluateSeeds('model', [seeds[0]]);
    expect(row).toEqual(evaluateForecast('model', seeds[0]));
    expect([count, deviations]).toEqual([1, null]);
  });

  it('has means and standard deviations over the seeds, and as many days as one seed', () => {
    const rows = seeds.map((points) => evaluateForecast('model', points));
    const row = evaluateSeeds('model', seeds);
    const maes = rows.map(({ mae }) => mae);
    const mean = (maes[0] + maes[1] + maes[2]) / 3;
    expect(row.mae).toBeCloseTo(mean, 12);
    expect(row.deviations!.mae).toBeCloseTo(
      Math.sqrt(maes.reduce((sum, mae) => sum + (mae - mean) ** 2, 0) / 2),
      12,
    );
    expect(row).toMatchObject({ n: 60, seeds: 3, directionalN: 60 });
    expect(row.directionalInterval![0]).toBeLessThan(row.directionalAccuracy!);
  });

  it('tests losses that are averaged over the seeds first: equal seeds count once', () => {
    const { dieboldMariano: one } = evaluateForecast('model', seeds[0]);
    const thrice = evaluateSeeds('model', [seeds[0], seeds[0], seeds[0]]);
    expect(thrice.dieboldMariano!.statistic).toBeCloseTo(one!.statistic, 9);
    expect(thrice.dieboldMariano!.pValue).toBeCloseTo(one!.pValue, 9);
    expect(thrice.deviations).toEqual({ mae: 0, rmse: 0, mape: 0, directionalAccuracy: 0 });
  });

  it('refuses seeds of other days', () => {
    expect(() => evaluateSeeds('lstm', [seeds[0], seeds[1].slice(1)])).toThrow(ForecastInputError);
    expect(() => evaluateSeeds('lstm', [seeds[0], seeds[1].slice(1)])).toThrow(
      /lstm with another seed .*2016-01-02/,
    );
    expect(() => evaluateSeeds('lstm', [])).toThrow(/no forecasts/);
  });
});

describe('compareForecasts', () => {
  const [better, worse, third] = [forecasts(3, 4), forecasts(4, 9), forecasts(5, 8.5)];
  const series = [
    { model: 'lstm', seeds: [worse] },
    { model: 'fused', seeds: [better] },
    { model: 'text', seeds: [third] },
  ];

  it('tests each model against the reference and adjusts the p-values', () => {
    const rows = compareForecasts(series, { reference: 'lstm', nested: ['fused'] });
    expect(rows.map(({ model, reference, n }) => [model, reference, n])).toEqual([
      ['fused', 'lstm', 60],
      ['text', 'lstm', 60],
    ]);
    const [fused, text] = rows;
    const alone = [better, third].map((points) => dieboldMariano(errors(points), errors(worse)));
    expect(fused.dieboldMariano).toMatchObject({ statistic: alone[0].statistic, pValue: alone[0].pValue });
    const [low, high] = [alone[0].pValue!, alone[1].pValue!].sort((a, b) => a - b);
    expect(
      [fused, text].map(({ dieboldMariano: test }) => test!.adjustedPValue).sort((a, b) => a - b),
    ).toEqual([2 * low, Math.max(2 * low, high)]);
    const nested = clarkWest(
      worse.map(({ actual }) => actual),
      predicted(worse),
      predicted(better),
    );
    expect(fused.clarkWest).toEqual({
      statistic: nested.statistic,
      pValue: nested.pValue,
      adjustedPValue: nested.pValue,
    });
    expect(text.clarkWest).toBeNull();
    expect(fused.differences.mae.value).toBeLessThan(0);
    expect(fused.differences.mae.interval![1]).toBeLessThan(0);
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
  });

  it('has nulls and reasons, not p = 1, for a model that is the reference under another name', () => {
    const [twin] = compareForecasts(
      [
        { model: 'a', seeds: [better] },
        { model: 'b', seeds: [better] },
      ],
      { reference: 'a', nested: ['b'] },
    );
    expect(twin).toMatchObject({ dieboldMariano: null, clarkWest: null });
    expect(twin.differences).toMatchObject({
      mae: { value: 0, interval: null },
      rmse: { value: 0, interval: null },
    });
    expect(twin.notes.join()).toMatch(/Diebold-Mariano test: .*Clark-West test: /);
  });

  it('has no difference in direction to a model that names none', () => {
    const persistence = better.map((point) => ({ ...point, predicted: point.lastClose }));
    const [row] = compareForecasts([{ model: 'persistence', seeds: [persistence] }, ...series.slice(0, 1)], {
      reference: 'persistence',
    });
    expect(row.differences.directionalAccuracy).toBeNull();
  });

  it.each([
    [
      'an unknown reference',
      series,
      { reference: 'gru' },
      /no model is called gru; there are lstm, fused, text/,
    ],
    ['an unknown nested model', series, { reference: 'lstm', nested: ['gru'] }, /no model is called gru/],
    ['a model twice', [...series, series[0]], { reference: 'lstm' }, /lstm appears twice/],
    [
      'other days',
      [series[0], { model: 'late', seeds: [better.slice(0, 50)] }],
      { reference: 'lstm' },
      /lstm and late do not forecast the same days .*2016-02-21/,
    ],
  ])('refuses %s', (_, models, options, message) => {
    expect(() => compareForecasts(models, options)).toThrow(ForecastInputError);
    expect(() => compareForecasts(models, options)).toThrow(message);
  });
});
