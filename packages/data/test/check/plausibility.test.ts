import { sharedPath } from '@fin/testkit';
import { table } from 'arquero';
import { describe, expect, it } from 'vitest';
import { implausibleMoves } from '../../src/check/implausible-moves.js';
import type { Market } from '../../src/index.js';
import { checkMarket, latestInput, loadPrices, makeMarket, tradingDays } from '../../src/index.js';
import { priceRows } from '../../src/table-columns.js';

/** A market of these days, with a headline on some of them. */
function marketOf(
  days: readonly string[],
  close: (row: number) => number,
  news: readonly string[] = days,
  volume: (row: number) => number = () => 1000,
): Market {
  const closes = days.map((_, row) => close(row));
  return makeMarket({
    name: 'test',
    synthetic: false,
    prices: table({
      date: [...days],
      open: closes,
      high: closes,
      low: closes,
      close: closes,
      adjClose: closes,
      volume: days.map((_, row) => volume(row)),
    }),
    headlines: table({ date: [...news], rank: news.map(() => 1), text: news.map(() => 'a') }),
    labels: table({ date: [] as string[], label: [] as number[] }),
  });
}

const days = tradingDays('2015-01-02', '2015-12-31');
/** A close that moves by about 1 % a day. */
const steady = (row: number): number => 100 + (row % 3) + row / 100;

describe('moves too large to be true', () => {
  it.each([
    ['none in a steady series', 1, Infinity, null],
    ['a crash of 20 %', 0.8, Infinity, null],
    ['a split of 4:1', 1 / 4, Infinity, { kind: 'level', split: '4:1' }],
    ['a split of 3:2', 2 / 3, Infinity, { kind: 'level', split: '3:2' }],
    ['a reverse split of 1:10', 10, Infinity, { kind: 'level', split: '1:10' }],
    ['a row 100 times too small', 1 / 100, 101, { kind: 'row', split: null }],
  ])('%s', (_, factor, until, found) => {
    const { implausibleMoves } = checkMarket(
      marketOf(days, (row) => steady(row) * (row >= 100 && (row < until || until === Infinity) ? factor : 1)),
    );
    if (found === null) expect(implausibleMoves).toEqual([]);
    else expect(implausibleMoves).toMatchObject([{ date: days[100], previousDate: days[99], ...found }]);
  });
});

const real = [
  sharedPath('data', 'djia-2000-2016', 'DJI_2000-01-03_2016-07-01.csv'),
  sharedPath('data', 'stocknews-djia', 'upload_DJIA_table.csv'),
];

describe.skipIf(real.includes(null))('moves of the Dow (needs the shared data)', () => {
  it.each([1, 3])('are all plausible, and planted errors are found: returns times %i', async (volatility) => {
    for (const file of real) {
      const { dates, close, ...others } = priceRows((await loadPrices(file!)).prices);
      const series = close.map((value) => close[0] * (value / close[0]) ** volatility);
      expect(implausibleMoves({ dates, close: series, ...others })).toEqual([]);
      for (let row = 5; row < dates.length - 5; row += 100) {
        for (const [factor, kind] of [
          [100, 'row'],
          [0.01, 'row'],
          [1 / 2, 'level'],
          [1 / 3, 'level'],
          [1 / 7, 'level'],
        ] as const) {
          const wrong = (i: number) => i === row || (kind === 'level' && i > row);
          const planted = series.map((value, i) => (wrong(i) ? value * factor : value));
          expect(
            implausibleMoves({ dates, close: planted, ...others }),
            `${dates[row]} ${factor}`,
          ).toMatchObject([{ date: dates[row], kind }]);
        }
      }
    }
  });
});

describe('days without headlines', () => {
  it('are listed with the longest run, and a headline of a weekend counts for Monday', () => {
    const week = [
      '2015-03-02',
      '2015-03-03',
      '2015-03-04',
      '2015-03-05',
      '2015-03-06',
      '2015-03-09',
      '2015-03-10',
    ];
    const check = checkMarket(
      marketOf(days, steady, ['2015-03-02', '2015-03-05', '2015-03-08', '2015-03-10']),
    );
    expect(check.daysWithoutHeadlines).toEqual(['2015-03-03', '2015-03-04', '2015-03-06']);
    expect(check.longestRunWithoutHeadlines).toEqual({ days: 2, first: '2015-03-03', last: '2015-03-04' });
    expect(check.coveredShare).toBeCloseTo(4 / week.length, 12);
  });

  it('and days without a volume are found', () => {
    const check = checkMarket(
      marketOf(days, steady, days, (row) => (row === 7 ? Number.NaN : row === 9 ? 0 : 5)),
    );
    expect(check.volumeGaps).toEqual([days[7], days[9]]);
    expect(checkMarket(marketOf(days, steady, days, () => 0)).volumeGaps).toEqual([]);
  });
});

describe('the calendar', () => {
  const everyDay = Array.from({ length: 60 }, (_, i) =>
    new Date(Date.UTC(2015, 0, 1 + i)).toISOString().slice(0, 10),
  );
  const weekdays = everyDay.filter((day) => ![0, 6].includes(new Date(day).getUTCDay()));

  it("is the NYSE's where the days follow it, else the days in the price file", () => {
    const nyse = checkMarket(marketOf(days, steady));
    expect(nyse).toMatchObject({ calendar: 'NYSE', missingDays: [], extraDays: [] });
    const daily = checkMarket(marketOf(everyDay, steady));
    expect(daily).toMatchObject({ calendar: 'the days in the price file', missingDays: [], extraDays: [] });
  });

  it('gives the day to forecast: the next of the NYSE, the next day, or the next weekday', () => {
    const next = (dates: readonly string[]): string =>
      latestInput(marketOf(dates, steady), { window: 2, features: ['logReturn'] }).targetDate;
    expect(next(days.slice(0, days.indexOf('2015-04-02') + 1))).toBe('2015-04-06'); // Good Friday between
    expect(next(everyDay.slice(0, 37))).toBe('2015-02-07');
    const old = weekdays
      .map((day) => day.replace('2015', '1987'))
      .filter((day) => ![0, 6].includes(new Date(day).getUTCDay()));
    expect(new Date(next(old)).getUTCDay()).toBeGreaterThan(0);
  });
});
