import { describe, expect, it } from 'vitest';
import type { Market, Sample } from '../../src/index.js';
import {
  explainedVariance,
  makeSamples,
  splitChronologically,
  syntheticMarket,
  syntheticTone,
  tradingDays,
} from '../../src/index.js';
import { endings, phrases, subjects } from '../../src/synthetic/phrases.js';

const numbers = (market: Market, column: string): number[] =>
  Array.from(market.prices.array(column) as ArrayLike<number>);
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const covariance = (a: readonly number[], b: readonly number[]): number => {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((x, i) => (x - meanA) * (b[i] - meanB)));
};
const correlation = (a: readonly number[], b: readonly number[]): number =>
  covariance(a, b) / Math.sqrt(covariance(a, a) * covariance(b, b));
const samplesOf = (signal: number, days: number, headlinesPerDay = 8): Sample[] =>
  makeSamples(syntheticMarket({ signal, days, headlinesPerDay, seed: 11 }), {
    window: 1,
    features: ['logReturn', 'logVolumeChange', 'range'],
  });

describe('syntheticMarket', () => {
  it('is the size of the study by default, on NYSE days, and says what it is', () => {
    const market = syntheticMarket();
    expect(market.prices.array('date')).toEqual(tradingDays('2011-01-03', '2016-07-01'));
    expect(market.headlines.numRows()).toBe(1384 * 8);
    expect(market).toMatchObject({
      synthetic: true,
      signal: 0.01,
      name: 'synthetic market (signal 0.01, seed 0)',
    });
    const { test } = splitChronologically(makeSamples(market));
    expect(test).toHaveLength(378);
  });

  it('is the same for the same options on every machine', () => {
    // Recorded on Node 20.20, x64. It guards against a change in what seeds mean; change it only together with a major version.
    expect(syntheticMarket({ days: 50, seed: 1 }).fingerprint).toBe(
      'e207433bc5c954056e779cea28a701da38eeeae3fa7bcd23db51b7f64bd69066',
    );
    expect(syntheticMarket({ days: 50, seed: 2 }).fingerprint).not.toBe(
      'e207433bc5c954056e779cea28a701da38eeeae3fa7bcd23db51b7f64bd69066',
    );
  });

  it('has the same tones and noise at every signal, and the formula holds day by day', () => {
    const without = samplesOf(0, 400);
    const strong = samplesOf(0.03, 400);
    for (const [i, { targetLogReturn, headlines }] of strong.entries()) {
      expect(headlines).toEqual(without[i].headlines);
      // Closes are rounded to six decimals: about 1e-10 of their size.
      expect(targetLogReturn).toBeCloseTo(without[i].targetLogReturn + 0.03 * syntheticTone(headlines), 9);
    }
  });

  it('has as much to find as it says', () => {
    for (const [signal, headlinesPerDay] of [
      [0.01, 8],
      [0.02, 1],
    ] as const) {
      const samples = samplesOf(signal, 8000, headlinesPerDay);
      const tones = samples.map(({ headlines }) => syntheticTone(headlines));
      const returns = samples.map(({ targetLogReturn }) => targetLogReturn);
      // The standard error of a squared correlation over 8000 days is below 0.01.
      expect(correlation(tones, returns) ** 2).toBeCloseTo(explainedVariance(signal, headlinesPerDay), 1.3);
      expect(covariance(tones, returns) / covariance(tones, tones)).toBeCloseTo(signal, 2.5);
    }
    expect(explainedVariance(0)).toBe(0);
    expect(explainedVariance(0.01)).toBeCloseTo(1 / 3, 12);
  });

  it('has nothing to find without a signal, and never in the past', () => {
    const samples = samplesOf(0.03, 4000);
    const tones = samples.map(({ headlines }) => syntheticTone(headlines));
    const sameDay = (column: number): number[] => samples.map(({ window }) => window[column]);
    const bound = 4 / Math.sqrt(4000); // four standard errors of a correlation of nothing
    expect(Math.abs(correlation(tones, sameDay(0)))).toBeLessThan(bound);
    expect(Math.abs(correlation(tones, sameDay(1)))).toBeLessThan(bound);
    expect(Math.abs(correlation(tones, sameDay(2)))).toBeLessThan(bound);
    expect(Math.abs(correlation(tones.slice(1), tones.slice(0, -1)))).toBeLessThan(bound);
    const returns = samples.map(({ targetLogReturn }) => targetLogReturn);
    expect(Math.abs(correlation(returns.slice(1), returns.slice(0, -1)))).toBeLessThan(bound);
    const none = samplesOf(0, 4000);
    const nothing = correlation(
      none.map(({ headlines }) => syntheticTone(headlines)),
      none.map((one) => one.targetLogReturn),
    );
    expect(Math.abs(nothing)).toBeLessThan(bound);
  });

  it('looks like a market', () => {
    const market = syntheticMarket({ days: 2000, signal: 0 });
    const [open, high, low, close] = ['open', 'high', 'low', 'close'].map((name) => numbers(market, name));
    for (const i of close.keys()) {
      expect(low[i]).toBeLessThanOrEqual(Math.min(open[i], close[i]));
      expect(high[i]).toBeGreaterThanOrEqual(Math.max(open[i], close[i]));
    }
    const returns = close.slice(1).map((value, i) => Math.log(value / close[i]));
    expect(Math.sqrt(covariance(returns, returns))).toBeCloseTo(0.01, 3);
    expect(Math.min(...numbers(market, 'volume'))).toBeGreaterThan(1e7);
  });

  it('ranks headlines from 1, with neutral ones among them at any rank', () => {
    const headlines = syntheticMarket({ days: 200, headlinesPerDay: 5 }).headlines.objects() as {
      rank: number;
      text: string;
    }[];
    expect(headlines.slice(0, 5).map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    const neutral = headlines.filter(({ text }) => phrases[0].some((phrase) => text.includes(phrase)));
    expect(neutral).toHaveLength(200 * 2);
    expect(new Set(neutral.map(({ rank }) => rank)).size).toBe(5);
  });

  it('tells the tone by the phrase and nothing else', () => {
    const all = [...phrases[1], ...phrases[0], ...phrases[-1]];
    expect(new Set(all).size).toBe(30);
    for (const phrase of all) expect(all.filter((other) => other.includes(phrase))).toEqual([phrase]);
    for (const part of [...subjects, ...endings])
      expect(all.some((phrase) => part.includes(phrase))).toBe(false);
    expect(
      syntheticTone([{ text: `Airlines ${phrases[1][0]}` }, { text: `Insurers ${phrases[-1][3]}` }]),
    ).toBe(0);
    expect(
      syntheticTone([{ text: `Airlines ${phrases[1][0]}` }, { text: `Insurers ${phrases[0][3]}` }]),
    ).toBe(1);
    expect(syntheticTone([])).toBe(0);
  });

  it('starts on a trading day', () => {
    expect(syntheticMarket({ days: 2, start: '2012-10-27' }).prices.array('date')).toEqual([
      '2012-10-31',
      '2012-11-01',
    ]);
  });

  it.each([
    [{ days: 1 }, 'days is 1. Give a whole number from 2 to 25000.'],
    [{ headlinesPerDay: 26 }, 'headlinesPerDay is 26. Give a whole number from 1 to 25.'],
    [{ seed: -1 }, 'seed is -1.'],
    [{ signal: Number.NaN }, 'signal is NaN. Give a log return from -0.1 to 0.1, such as 0.01.'],
    [{ start: '2011-02-30' }, 'start is "2011-02-30". Give a day from 1998-01-01 on, written YYYY-MM-DD.'],
  ])('refuses %j', (options, message) => {
    expect(() => syntheticMarket(options)).toThrow(message);
  });
});
