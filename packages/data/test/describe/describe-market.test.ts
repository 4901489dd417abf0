import { table } from 'arquero';
import { describe, expect, it } from 'vitest';
import { describeMarket, loadKaggle, makeMarket, syntheticMarket } from '../../src/index.js';
import { quirksDir } from '../quirks.js';

describe('describeMarket', () => {
  it('describes the hand-written market', async () => {
    const { fingerprint, ...description } = describeMarket(await loadKaggle({ dir: quirksDir }));
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(description).toMatchObject({
      market: 'quirks',
      synthetic: false,
      news: {
        days: 5,
        first: '2012-10-24',
        last: '2012-11-01',
        headlines: 13,
        headlinesPerDay: { min: 1, median: 3, mean: 2.6, max: 3 },
        characters: { min: 10, max: 31 },
        words: { min: 2, max: 6 },
        distinctHeadlines: 12,
      },
      prices: {
        days: 5,
        firstClose: 99.25,
        lastClose: 102,
        lowestClose: { date: '2012-10-24', close: 99.25 },
        highestClose: { close: 102 },
      },
      returns: {
        worst: { logReturn: 0 },
        best: { date: '2012-10-26', logReturn: Math.log(102 / 100.5), simpleReturn: 102 / 100.5 - 1 },
        upRate: 0.5,
        unchangedDays: 2,
      },
      labels: { ones: 3, zeros: 2 },
    });
    expect(description).not.toHaveProperty('signal');
  });

  it('has a null, never NaN, where there is nothing to compute from', () => {
    const { prices, headlines, labels } = syntheticMarket({ days: 4 });
    const none = { date: [], rank: [], text: [] };
    const market = (days: number) =>
      makeMarket({
        name: 'short',
        synthetic: true,
        prices: prices.slice(0, days),
        labels: labels.slice(0, days),
        headlines: days > 1 ? headlines.slice(0, days) : table(none),
      });
    const one = describeMarket(market(1));
    expect(one.returns).toMatchObject({ worst: null, best: null, upRate: null, autocorrelation: null });
    expect(one.news.words).toEqual({ min: null, median: null, mean: null, max: null, sd: null });
    expect(one.news.headlinesPerDay).toMatchObject({ mean: 0, sd: null });
    expect(describeMarket(market(2)).returns.autocorrelation).toBeNull();
    for (const days of [1, 2, 3, 4]) {
      const description = describeMarket(market(days));
      expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    }
  });

  it('says that a synthetic market is one', () => {
    expect(describeMarket(syntheticMarket({ days: 5, signal: 0.02 }))).toMatchObject({
      synthetic: true,
      signal: 0.02,
    });
  });
});
