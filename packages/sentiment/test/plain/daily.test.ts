import { describe, expect, it } from 'vitest';
import { aggregateDay, aggregateDays, rankWeight } from '../../src/index.js';
import { planBatches } from '../../src/scoring/plan-batches.js';

const headline = (rank: number, positive: number, negative: number) => ({
  rank,
  sentiment: { positive, negative, neutral: 1 - positive - negative },
});

describe('aggregateDay', () => {
  const day = [headline(1, 0.9, 0), headline(2, 0, 0.6), headline(3, 0.3, 0.3)];

  it('takes all headlines, not the first', () => {
    const { positive, negative, neutral, score, headlines } = aggregateDay(day);
    expect(positive).toBeCloseTo(0.4, 12);
    expect(negative).toBeCloseTo(0.3, 12);
    expect(neutral).toBeCloseTo(0.3, 12);
    expect(score).toBeCloseTo(0.1, 12);
    expect(headlines).toBe(3);
  });

  it('weighs them by rank when asked', () => {
    const weights = [1, 1 / Math.log2(3), 1 / 2];
    const total = weights[0] + weights[1] + weights[2];
    const { positive, negative } = aggregateDay(day, 'rank');
    expect(positive).toBeCloseTo((0.9 * weights[0] + 0.3 * weights[2]) / total, 12);
    expect(negative).toBeCloseTo((0.6 * weights[1] + 0.3 * weights[2]) / total, 12);
    expect([rankWeight(1), rankWeight(3)]).toEqual([1, 0.5]);
  });

  it('is all zeros without headlines', () => {
    expect(aggregateDay([])).toEqual({ positive: 0, negative: 0, neutral: 0, score: 0, headlines: 0 });
  });
});

it('aggregateDays groups by day, oldest first, in whatever order headlines come', () => {
  const rows = [
    { date: '2015-01-05', ...headline(1, 1, 0) },
    { date: '2015-01-02', ...headline(2, 0, 1) },
    { date: '2015-01-05', ...headline(2, 0, 0) },
  ];
  expect(aggregateDays(rows)).toEqual([
    { date: '2015-01-02', positive: 0, negative: 1, neutral: 0, score: -1, headlines: 1 },
    { date: '2015-01-05', positive: 0.5, negative: 0, neutral: 0.5, score: 0.5, headlines: 2 },
  ]);
});

describe('planBatches', () => {
  it('takes every sequence once, the longest first, within the budget', () => {
    const lengths = [5, 9, 2, 9, 3, 7, 2];
    const batches = planBatches(lengths, 12);
    expect(batches).toEqual([[1], [3], [5, 0], [4, 2, 6]]);
    expect(planBatches([], 12)).toEqual([]);
  });

  it('makes a batch of its own of a sequence beyond the budget', () => {
    expect(planBatches([20, 1, 30], 10)).toEqual([[2], [0], [1]]);
  });
});
