import { makeSamples, splitChronologically, splitNames, syntheticMarket } from '@fin/data';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../src/index.js';
import { evaluatePredictions, evaluationSchema, forecastBaselines, forecastPoint } from '../../src/index.js';

describe('evaluationSchema', () => {
  it('takes every evaluation that evaluatePredictions makes, undefined values included', () => {
    const market = syntheticMarket({ start: '2013-08-01', days: 400 });
    const split = splitChronologically(makeSamples(market));
    const baselines = forecastBaselines(split);
    for (const scale of [0, 1]) {
      const predictions = splitNames.flatMap((name) =>
        split[name].map(
          (sample, i): Prediction => ({
            split: name,
            ...forecastPoint(sample, sample.lastClose + scale * (i % 3)),
            predictedLogReturn: 0,
            sentiment: scale * (i % 5),
            positive: scale,
            negative: 0,
            neutral: 0,
          }),
        ),
      );
      for (const part of [
        predictions,
        predictions.filter(({ split: name }) => name === 'test').slice(0, 2),
      ]) {
        const evaluation = evaluatePredictions({
          model: 'model',
          predictions: part,
          baselines: part === predictions ? baselines : [],
          sentimentDays: 'all',
        });
        expect(evaluationSchema.parse(JSON.parse(JSON.stringify(evaluation)))).toEqual(evaluation);
      }
    }
  });

  it('names the field that is wrong', () => {
    const { error } = evaluationSchema.safeParse({
      split: 'train',
      n: 1,
      first: '',
      last: '',
      level: 1,
      rows: [],
    });
    expect(error?.issues[0]).toMatchObject({ path: ['split'] });
  });
});
