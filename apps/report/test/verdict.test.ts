import type { Evaluation, EvaluationRow, PearsonResult, RunData } from '@fin/forecast';
import { describe, expect, it } from 'vitest';
import { verdict } from '../src/kinds/forecaster/verdict.js';

const row = (model: string, more: Partial<EvaluationRow> = {}): EvaluationRow => ({
  model,
  n: 100,
  mae: 80,
  rmse: 100,
  mape: 0.007,
  smape: 0.007,
  mase: 0.9,
  r2: 0.9,
  oosR2: 0,
  directionalAccuracy: 0.52,
  directionalN: 100,
  directionalInterval: [0.42, 0.62],
  pesaranTimmermann: null,
  dieboldMariano: { statistic: 0.1, pValue: 0.9, loss: 'squared' },
  clarkWest: null,
  differences: null,
  predictionIntervals: null,
  notes: [],
  ...more,
});

const evaluation = (model: Partial<EvaluationRow>, level = 0.95): Evaluation => ({
  split: 'test',
  n: 100,
  first: '2015-01-02',
  last: '2015-05-27',
  level,
  rows: [
    row('bert(random)+lstm', model),
    row('persistence', { directionalAccuracy: null, directionalInterval: null, dieboldMariano: null }),
    row('drift'),
    row('majority-class', { directionalAccuracy: 0.51 }),
  ],
  leadLag: null,
});

const data = (signal: number | null): RunData => {
  const split = { n: 1, first: null, last: null };
  return {
    name: 'market',
    synthetic: signal !== null,
    signal,
    fingerprint: '00',
    splits: { train: split, validation: split, test: split },
  };
};

const unrelated: PearsonResult = { r: 0.01, pValue: 0.9, interval: [-0.19, 0.2], n: 100, note: null };
const related: PearsonResult = { r: 0.5, pValue: 1e-7, interval: [0.34, 0.63], n: 100, note: null };
const better = { rmse: 90, dieboldMariano: { statistic: -3, pValue: 0.003, loss: 'squared' } } as const;

const words = (
  model: Partial<EvaluationRow>,
  signal: number | null = null,
  sentiment: PearsonResult | null = unrelated,
) => {
  const { outcome, headline, details } = verdict(evaluation(model), data(signal), sentiment);
  return { outcome, headline, text: details.join(' ').replaceAll('\u00a0', ' ') };
};

describe('the verdict', () => {
  it('is better only when the test says so', () => {
    expect(words(better)).toMatchObject({ outcome: 'better', headline: expect.stringContaining('beat') });
    expect(words(better).text).toContain('90.00 index points; persistence has 100.00');
    expect(words(better).text).toContain('p = 0.003');
    const luck = { ...better, dieboldMariano: { ...better.dieboldMariano, pValue: 0.06 } };
    expect(words(luck)).toMatchObject({ outcome: 'same', headline: expect.stringContaining('did not beat') });
    expect(words(luck).text).toContain('chance alone can explain');
  });

  it('is worse when the test says so', () => {
    const worse = { rmse: 110, dieboldMariano: { statistic: 3, pValue: 0.003, loss: 'squared' } } as const;
    expect(words(worse)).toMatchObject({ outcome: 'worse', headline: expect.stringContaining('lost') });
  });

  it('takes its level from the evaluation', () => {
    const strict = evaluation(
      { ...better, dieboldMariano: { ...better.dieboldMariano, pValue: 0.02 } },
      0.99,
    );
    expect(verdict(strict, data(null), unrelated).outcome).toBe('same');
  });

  it('speaks of the error that was tested', () => {
    const absolute = { mae: 70, dieboldMariano: { statistic: -3, pValue: 0.003, loss: 'absolute' } } as const;
    expect(words(absolute).text).toContain(
      'mean absolute error is 70.00 index points; persistence has 80.00',
    );
  });

  it('names baselines that do no worse than a better model', () => {
    const rows = evaluation(better).rows.map((r) => (r.model === 'drift' ? { ...r, rmse: 85 } : r));
    const { details } = verdict({ ...evaluation(better), rows }, data(null), unrelated);
    expect(details.join()).toContain('drift, which reads nothing, does no worse');
    expect(details.join()).not.toContain('majority-class, which');
  });

  it('is untested where there is no test', () => {
    const note = 'Diebold-Mariano test: both forecasts lose the same every day, so there is nothing to test';
    const untested = words({ dieboldMariano: null, notes: [note] });
    expect(untested).toMatchObject({ outcome: 'untested', headline: expect.stringContaining('cannot say') });
    expect(untested.text).toContain('nothing to test');
  });
});

describe('direction', () => {
  it('is a guess while the interval holds one half or the majority', () => {
    expect(words({}).text).toContain('cannot be told from a guess');
    expect(words({ directionalAccuracy: 0.7, directionalInterval: [0.6, 0.78] }).text).toContain(
      'clearly less',
    );
    expect(words({ directionalAccuracy: 0.3, directionalInterval: [0.22, 0.4] }).text).toContain(
      'clearly more',
    );
    expect(words({ directionalAccuracy: null, directionalInterval: null }).text).toContain(
      'names no direction',
    );
  });
});

describe('sentiment', () => {
  it('did not help where neither it nor the model has anything to show', () => {
    expect(words({}).text).toContain('Sentiment did not help');
    expect(words(better).text).not.toContain('Sentiment did not help');
    expect(words(better).text).toContain('by itself explains little');
  });

  it('is credited with what it has and no more', () => {
    expect(words(better, null, related).text).toContain('is related to the next day’s return');
    expect(words({}, null, related).text).toContain('did not turn into better forecasts');
    const none = { r: null, pValue: null, interval: null, n: 100 };
    const constant = (which: string) =>
      words({}, null, { ...none, note: `the ${which} series is constant` }).text;
    expect(constant('first')).toContain('same on every test day');
    expect(constant('second')).toContain('sentiment cannot be related');
    expect(words({}, null, null).text).toContain('too few test days');
  });
});

describe('a synthetic market without a signal', () => {
  it('makes a better model suspect and an equal one right', () => {
    expect(words(better, 0).text).toContain('a chance find or a leak');
    expect(words({}, 0).text).toContain('this is the right answer');
    expect(words(better, 0.8).text).not.toContain('leak');
  });
});
