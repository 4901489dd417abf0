import { describe, expect, it } from 'vitest';
import { ForecastInputError } from '../../src/errors.js';
import { leadLag, pearson } from '../../src/index.js';
import { normals } from './normals.js';

const DAYS = 300;

/** A market whose sentiment tells the return of the day `lag` days later, or nothing (`strength` 0). */
function market(seed: number, { lag = 0, strength = 0.5, days = DAYS } = {}) {
  const normal = normals(seed);
  const returns = Array.from({ length: days }, () => normal());
  const noise = Math.sqrt(1 - strength ** 2);
  const sentiment = returns.map((_, day) => strength * (returns[day + lag] ?? normal()) + noise * normal());
  const closes = [1000];
  for (const value of returns.slice(1)) closes.push(closes[closes.length - 1] * Math.exp(0.01 * value));
  const dates = returns.map((_, day) => new Date(Date.UTC(2010, 0, 1 + day)).toISOString().slice(0, 10));
  return { dates, sentiment: sentiment as (number | null)[], closes };
}
const related = (table: ReturnType<typeof leadLag>) =>
  table!.rows.filter(({ adjustedPValue }) => adjustedPValue! < 0.05).map(({ lag }) => lag);

describe('lead-lag table', () => {
  it.each([-5, -1, 0, 1, 3])('finds the return at lag %i that sentiment tells, and no other', (lag) => {
    const table = leadLag(market(lag + 10, { lag }));
    expect(related(table)).toEqual([lag]);
    const row = table!.rows.find((other) => other.lag === lag)!;
    expect(row.interval![0]).toBeGreaterThan(0.3);
    expect(row.interval![1]).toBeLessThan(0.7);
  });

  it('has the correlations of pearson, and for independent days nearly its p-values and intervals', () => {
    const { dates, sentiment, closes } = market(1, { strength: 0.12 });
    const table = leadLag({ dates, sentiment, closes }, { maxLag: 1 })!;
    const days = dates.map((_, day) => day).slice(2, -1);
    for (const { lag, r, pValue, interval } of table.rows) {
      const expected = pearson(
        days.map((day) => sentiment[day] as number),
        days.map((day) => Math.log(closes[day + lag] / closes[day + lag - 1])),
      );
      expect(r).toBeCloseTo(expected.r!, 12);
      expect(Math.abs(pValue! - expected.pValue!)).toBeLessThan(0.06);
      expect(Math.abs(interval![0] - expected.interval![0])).toBeLessThan(0.04);
      expect(Math.abs(interval![1] - expected.interval![1])).toBeLessThan(0.04);
    }
    expect(table.n).toBe(DAYS - 3);
  });

  it('says in one sentence what the data say', () => {
    expect(leadLag(market(2, { lag: 0 }))!.summary).toMatch(
      /^Sentiment goes with the same day’s return \(correlation 0\.\d\d\), not with the next day’s \(t\+1: correlation -?0\.\d\d\)\.$/,
    );
    expect(leadLag(market(3, { lag: 1 }))!.summary).toMatch(
      /^Sentiment goes with later returns \(t\+1: correlation 0\.\d\d\)\.$/,
    );
    expect(leadLag(market(4, { lag: -2 }))!.summary).toMatch(
      /with returns before it \(t−2: .*not with the next/,
    );
    expect(leadLag(market(5, { strength: 0 }))!.summary).toMatch(
      /^Sentiment has no visible relation to the return of the same day \(correlation -?0\.\d\d\), the next \(correlation -?0\.\d\d\), or any other of these days\.$/,
    );
  });

  it('leaves out days without headlines', () => {
    const { sentiment, ...rest } = market(6);
    const table = leadLag({
      ...rest,
      sentiment: sentiment.map((value, day) => (day % 3 === 0 ? null : value)),
    });
    expect(table!.n).toBeLessThan((2 / 3) * DAYS);
    expect(related(table)).toEqual([0]);
  });

  it('has nulls and says so, not p = 1, for a sentiment or a close that never changes', () => {
    const data = market(7);
    const constant = leadLag({ ...data, sentiment: data.sentiment.map(() => 0.3) })!;
    for (const row of constant.rows) {
      expect(row).toMatchObject({ r: null, interval: null, pValue: null, adjustedPValue: null });
    }
    expect(constant.summary).toContain('the same every day');
    expect(leadLag({ ...data, closes: data.closes.map(() => 5) })!.rows[0].pValue).toBeNull();
    expect(leadLag(market(8, { days: 35 }))).toBeNull();
    expect(JSON.parse(JSON.stringify(constant))).toEqual(constant);
  });

  const data = market(9);
  it.each([
    ['series of two lengths', { ...data, closes: [1] }, {}, /300 dates, 300 sentiments and 1 closes/],
    ['shuffled days', { ...data, dates: data.dates.toReversed() }, {}, /comes after/],
    [
      'a close of 0',
      { ...data, closes: [0, ...data.closes.slice(1)] },
      {},
      /2010-01-01 has sentiment .* and close 0/,
    ],
    ['half a lag', data, { maxLag: 0.5 }, /maxLag 0.5/],
    ['a level in percent', data, { level: 95 }, /between 0 and 1/],
  ])('refuses %s', (_, series, options, message) => {
    expect(() => leadLag(series, options)).toThrow(ForecastInputError);
    expect(() => leadLag(series, options)).toThrow(message);
  });
});
