import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../src/index.js';
import { evaluateForecast, evaluatePredictions } from '../../src/index.js';
import { trackRecord } from '../../src/pipeline/track-record.js';
import { normals } from './normals.js';

/** Forecasts that know a share of the next move. */
function predictions(skill: number, days = 200): Prediction[] {
  const normal = normals(3);
  const date = (day: number) => new Date(Date.UTC(2010, 0, 1 + day)).toISOString().slice(0, 10);
  let close = 1000;
  return Array.from({ length: days }, (_, day) => {
    const lastClose = close;
    const move = 0.01 * normal();
    close *= Math.exp(move);
    const predictedLogReturn = skill * move + 0.001 * normal();
    return {
      split: day < days / 2 ? 'train' : day < days * 0.75 ? 'validation' : 'test',
      decisionDate: date(day),
      targetDate: date(day + 1),
      lastClose,
      actual: close,
      predicted: lastClose * Math.exp(predictedLogReturn),
      predictedLogReturn,
      sentiment: 0,
      positive: 0,
      negative: 0,
      neutral: 0,
    };
  });
}

describe('the record of a run on its test days', () => {
  it.each([0, 0.5])('has the figures of its evaluation (skill %f)', (skill) => {
    const all = predictions(skill);
    const test = all.filter(({ split }) => split === 'test');
    const record = trackRecord(all)!;
    const { rmse, dieboldMariano } = evaluateForecast('model', test);
    const baselines = [
      {
        model: 'persistence',
        validation: [],
        test: test.map((day) => ({ ...day, predicted: day.lastClose })),
      },
    ];
    const { rows } = evaluatePredictions({
      model: 'model',
      predictions: all,
      baselines: baselines as never,
      sentimentDays: 'none',
    });
    expect(record).toMatchObject({ n: 50, first: test[0].targetDate, last: test[49].targetDate, rmse });
    expect(record.persistenceRmse).toBe(rows[1].rmse);
    expect(record.dieboldMarianoPValue).toBe(dieboldMariano!.pValue);
    expect(record.coverage).toBe(rows[0].predictionIntervals!.split.coverage);
    if (skill > 0) expect(record.rmse).toBeLessThan(record.persistenceRmse);
  });

  it('is null without test days, and has nulls where a figure is not defined', () => {
    const all = predictions(0.5);
    expect(trackRecord(all.filter(({ split }) => split !== 'test'))).toBeNull();
    const one = trackRecord(all.filter(({ split }) => split !== 'validation').slice(0, 101))!;
    expect(one).toMatchObject({ n: 1, dieboldMarianoPValue: null, coverage: null });
  });
});
