import { describe, expect, it } from 'vitest';
import { evaluateForecast, evaluationSchema } from '../../src/index.js';

describe('evaluationSchema', () => {
  it('takes every row that evaluateForecast makes, undefined values included', () => {
    const days = (closes: readonly number[]) =>
      closes.slice(1).map((actual, i) => ({
        decisionDate: `2016-01-${10 + i}`,
        targetDate: `2016-01-${11 + i}`,
        lastClose: closes[i],
        actual,
        predicted: closes[i],
      }));
    for (const closes of [
      [100, 101, 99, 102, 103],
      [100, 100, 100],
      [100, 0, 100],
    ]) {
      const points = days(closes);
      const rows = [evaluateForecast('model', points), evaluateForecast('persistence', points)];
      const evaluation = { split: 'test', n: 2, first: 'a', last: 'b', level: 0.95, rows };
      expect(evaluationSchema.parse(JSON.parse(JSON.stringify(evaluation)))).toEqual(evaluation);
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
