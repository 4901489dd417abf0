import { table } from 'arquero';
import { describe, expect, it } from 'vitest';
import type { Market } from '../../src/index.js';
import {
  distinctRows,
  featureTable,
  latestInput,
  makeMarket,
  makeSamples,
  syntheticMarket,
} from '../../src/index.js';

const market = syntheticMarket({ days: 30, headlinesPerDay: 2 });
const dates = market.prices.array('date') as string[];
const close = Array.from(market.prices.array('close') as ArrayLike<number>);

function withHeadlines(rows: readonly (readonly [date: string, rank: number, text: string])[]): Market {
  return makeMarket({
    ...market,
    headlines: table({
      date: rows.map(([date]) => date),
      rank: rows.map(([, rank]) => rank),
      text: rows.map(([, , text]) => text),
    }),
  });
}

describe('makeSamples', () => {
  it('lines up window, headlines and target', () => {
    const samples = makeSamples(market, { window: 4, features: ['close', 'logReturn'] });
    expect(samples).toHaveLength(30 - 4 - 1);
    const [first] = samples;
    expect(first.decisionDate).toBe(dates[4]);
    expect(first.windowDates).toEqual(dates.slice(1, 5));
    expect(Array.from(first.window)).toEqual(
      [1, 2, 3, 4].flatMap((t) => [close[t], Math.log(close[t] / close[t - 1])]),
    );
    expect(first.headlines.map(({ date, rank }) => [date, rank])).toEqual([
      [dates[4], 1],
      [dates[4], 2],
    ]);
    expect(first).toMatchObject({
      lastClose: close[4],
      targetDate: dates[5],
      targetClose: close[5],
      targetLogReturn: Math.log(close[5] / close[4]),
    });
    expect(samples.at(-1)).toMatchObject({ decisionDate: dates[28], targetDate: dates[29] });
  });

  it('has by default ten days of the default features', () => {
    const samples = makeSamples(market);
    expect(samples[0].window).toHaveLength(10 * 5);
    expect(samples[0].decisionDate).toBe(dates[19]); // volatility10 needs ten days before the window's first
    const table10 = featureTable(market);
    expect(samples[0].window[45]).toBe(table10.get('logReturn', 19));
  });

  it('gives headlines of closed days to the next trading day, and the newest to none', () => {
    // 2011-01-14 is a Friday, 2011-01-17 Martin Luther King Day; the prices end on 2011-02-14.
    const odd = withHeadlines([
      ['2011-01-14', 1, 'Friday'],
      ['2011-01-15', 1, 'Saturday'],
      ['2011-01-17', 1, 'holiday'],
      ['2011-01-18', 1, 'Tuesday'],
      ['2011-02-15', 1, 'after the last price'],
    ]);
    const samples = makeSamples(odd, { window: 2, features: ['close'] });
    const texts = Object.fromEntries(
      samples.map(({ decisionDate, headlines }) => [decisionDate, headlines.map(({ text }) => text)]),
    );
    expect(texts['2011-01-14']).toEqual(['Friday']);
    expect(texts['2011-01-18']).toEqual(['Saturday', 'holiday', 'Tuesday']);
    expect(texts['2011-01-19']).toEqual([]);
  });

  it('drops headlines from before the first price', () => {
    const early = withHeadlines([
      ['2010-12-31', 1, 'before the first price'],
      [dates[0], 1, 'first day'],
      [dates[29], 1, 'last day'],
    ]);
    const [first] = makeSamples(early, { window: 1, features: ['close'] });
    expect(first.headlines.map(({ text }) => text)).toEqual(['first day']);
  });

  it('decides only within the span of the news, with windows from before it', () => {
    const late = makeMarket({
      ...market,
      headlines: table({ date: [dates[20]], rank: [1], text: ['only one'] }),
      labels: table({ date: [dates[20], dates[22]], label: [0, 1] }),
    });
    const samples = makeSamples(late, { window: 5, features: ['close'] });
    expect(samples.map(({ decisionDate }) => decisionDate)).toEqual(dates.slice(20, 23));
    expect(samples[0].windowDates[0]).toBe(dates[16]);
  });

  it('works on prices alone', () => {
    const silent = makeMarket({
      ...market,
      headlines: table({ date: [], rank: [], text: [] }),
      labels: table({ date: [], label: [] }),
    });
    expect(makeSamples(silent, { window: 1, features: ['close'] })).toHaveLength(29);
  });

  it.each([
    ['2011-02-05', 'all of 2011-02-05'],
    ['1999-01-04', 'all of 1999-01-04'],
  ])('says when all headlines are of a day that no sample can have (%s)', (day, when) => {
    const once = makeMarket({
      ...market,
      headlines: table({ date: [day], rank: [1], text: ['a'] }),
      labels: table({ date: [], label: [] }),
    });
    const options = { window: 3, features: ['close' as const] };
    const problem = `the headlines of ${market.name} are ${when}, and no trading day in that span has the prices`;
    expect(() => makeSamples(once, options)).toThrow(problem);
    expect(() => latestInput(once, options)).toThrow(problem);
  });

  it('says when there is too little, or a window makes no sense', () => {
    const short = syntheticMarket({ days: 20 });
    expect(() => makeSamples(short)).toThrow(
      'synthetic market (signal 0.01, seed 0) has 20 days of prices, too few for one sample. Give a longer series, a shorter window, or features with a shorter lookback.',
    );
    expect(() => latestInput(syntheticMarket({ days: 5 }))).toThrow('too few for one window');
    expect(() => makeSamples(market, { window: 0 })).toThrow(
      'a window of 0 days is not possible. Give a whole number from 1 on.',
    );
    expect(() => makeSamples(market, { window: 2.5 })).toThrow('a window of 2.5 days');
  });
});

describe('latestInput', () => {
  it('is the input of the newest day, with a target from the calendar', () => {
    const latest = latestInput(market, { window: 3, features: ['close'] });
    expect(Array.from(latest.window)).toEqual(close.slice(27));
    expect(latest).toMatchObject({ decisionDate: dates[29], lastClose: close[29], targetDate: '2011-02-15' });
    expect(latest.headlines).toHaveLength(2);
    expect(latest).not.toHaveProperty('targetClose');
  });
});

describe('distinctRows', () => {
  it('holds each day of overlapping windows once', () => {
    const samples = makeSamples(market, { window: 4, features: ['close', 'volume'] });
    const rows = distinctRows(samples.slice(0, 3));
    expect(rows).toHaveLength((4 + 2) * 2);
    expect(Array.from(rows).filter((_, i) => i % 2 === 0)).toEqual(close.slice(0, 6));
    expect(distinctRows([])).toHaveLength(0);
  });
});

describe('makeMarket', () => {
  it('refuses tables that are not what they should be', () => {
    const make =
      (parts: Partial<Market>): (() => Market) =>
      () =>
        makeMarket({ ...market, ...parts });
    expect(make({ labels: table({ date: ['2011-01-03'] }) })).toThrow(
      'the table "labels" has no column "label". Give it the columns date, label.',
    );
    expect(make({ labels: table({ date: ['2011-01-04', '2011-01-03'], label: [1, 1] }) })).toThrow(
      'the table "labels" has 2011-01-03 after 2011-01-04. Sort it by date, oldest first, one row per day.',
    );
    expect(make({ labels: table({ date: ['2011-01-03', '2011-01-03'], label: [1, 1] }) })).toThrow(
      '2011-01-03 after 2011-01-03',
    );
    expect(make({ labels: table({ date: ['03/01/2011'], label: [1] }) })).toThrow(
      'the table "labels" has "03/01/2011" where a date should be. Write dates as strings YYYY-MM-DD.',
    );
  });
});
