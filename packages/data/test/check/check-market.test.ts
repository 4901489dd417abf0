import { describe, expect, it } from 'vitest';
import { checkMarket, loadKaggle, loadPrices, syntheticMarket } from '../../src/index.js';
import { quirksDir, quirksNews, quirksPrices } from '../quirks.js';
import { temporaryFolder } from '../temporary-folder.js';

async function checkOf(news: string, prices: string): Promise<ReturnType<typeof checkMarket>> {
  const dir = temporaryFolder({ 'Combined_News_DJIA.csv': news, 'upload_DJIA_table.csv': prices });
  return checkMarket(await loadKaggle({ dir }));
}

describe('checkMarket', () => {
  it('reports each oddity with its day', async () => {
    const { market, fingerprint, files, encodings, news, ...check } = checkMarket(
      await loadKaggle({ dir: quirksDir }),
    );
    expect(Object.values(encodings)).toEqual(['UTF-8', 'UTF-8']);
    expect(files.map(({ holds, rows }) => [holds, rows])).toEqual([
      ['prices', 5],
      ['headlines', 5],
    ]);
    expect(news).toMatchObject({ placement: { withoutTime: 13 }, copies: { exact: 0, nearIdentical: 0 } });
    expect(market).toBe('quirks');
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(check).toEqual({
      synthetic: false,
      days: 5,
      headlines: 13,
      first: '2012-10-24',
      last: '2012-11-01',
      firstDay: '2012-10-24',
      lastDay: '2012-11-01',
      dropped: [],
      assumptions: [],
      calendar: 'NYSE',
      absentHeadlines: 2,
      mojibake: 0,
      priceDays: 5,
      firstPrice: '2012-10-24',
      lastPrice: '2012-11-01',
      labelsChecked: 4,
      labelMismatches: [
        {
          date: '2012-10-31',
          label: 0,
          expected: 1,
          close: 102,
          previousDate: '2012-10-26',
          previousClose: 102,
        },
      ],
      notCheckable: [{ date: '2012-10-24', reason: 'no close of the day before: the prices start here' }],
      staleRows: [{ date: '2012-11-01', repeats: '2012-10-31', close: 102, volume: 1000 }],
      emptyCells: [
        { date: '2012-10-26', rank: 2 },
        { date: '2012-10-26', rank: 3 },
      ],
      repeatedHeadlines: [
        {
          text: 'Storm nears',
          places: [
            { date: '2012-10-26', rank: 1 },
            { date: '2012-10-31', rank: 3 },
          ],
        },
      ],
      missingDays: [],
      extraDays: [],
      daysBeforeCalendar: 0,
      newsWithoutPrice: [],
      pricesWithoutNews: [],
      inconsistentRows: [],
      adjustedRows: [],
      zeroVolumeDays: ['2012-10-24'],
      suspiciousPrices: [],
      implausibleMoves: [],
      repeatedRows: [],
      volumeGaps: ['2012-10-24'],
      daysWithoutHeadlines: [],
      longestRunWithoutHeadlines: null,
      coveredShare: 1,
      priceDisagreements: [],
    });
  });

  it('finds missing and extra days, and does not check a label across a gap', async () => {
    const prices = quirksPrices
      .replace(/^2012-10-26.*\n/m, '2012-10-27,100,102.5,99,102,900,102\n')
      .replace(/^2012-10-24.*\n/m, '');
    const check = await checkOf(quirksNews, prices);
    expect(check.missingDays).toEqual(['2012-10-26']);
    expect(check.extraDays).toEqual([{ date: '2012-10-27', reason: 'weekend' }]);
    expect(check.newsWithoutPrice).toEqual(['2012-10-24', '2012-10-26']);
    expect(check.pricesWithoutNews).toEqual(['2012-10-27']);
    expect(check.notCheckable).toEqual([
      { date: '2012-10-24', reason: 'the day has no price' },
      { date: '2012-10-25', reason: 'no close of the day before: the prices start here' },
      { date: '2012-10-26', reason: 'the day has no price' },
    ]);
    const gap = await checkOf(quirksNews, quirksPrices.replace(/^2012-10-26.*\n/m, ''));
    expect(gap.notCheckable.at(-1)).toEqual({
      date: '2012-10-31',
      reason: 'no close of the day before: the prices have a gap after 2012-10-25',
    });
  });

  it('finds rows that contradict themselves', async () => {
    const check = await checkOf(
      quirksNews,
      quirksPrices.replace('102.5,99', '101.9,99').replace('98,100.5,800,100.5', '99.5,100.5,800,99.9'),
    );
    expect(check.inconsistentRows).toEqual([
      { date: '2012-10-25', open: 99, high: 101, low: 99.5, close: 100.5 },
      { date: '2012-10-26', open: 100, high: 101.9, low: 99, close: 102 },
    ]);
    expect(check.adjustedRows).toEqual([{ date: '2012-10-25', close: 100.5, adjClose: 99.9 }]);
  });

  it('compares with a second price table and takes the earlier close from it', async () => {
    const dir = temporaryFolder({
      'long.csv': `${quirksPrices.replace('102.5', '102.52').replace('101.5', '101.509')}2012-10-23,98,100,97,99,700,99\n`,
    });
    const check = checkMarket(await loadKaggle({ dir: quirksDir }), {
      prices: (await loadPrices(`${dir}/long.csv`)).prices,
    });
    expect(check.notCheckable).toEqual([]);
    expect(check.labelMismatches.map(({ date }) => date)).toEqual(['2012-10-24', '2012-10-31']);
    expect(check.priceDisagreements).toEqual([
      { date: '2012-10-26', column: 'high', value: 102.5, other: 102.52 },
    ]);
  });

  it('does not judge days before its calendar', async () => {
    const older = (text: string): string => text.replaceAll('2012-', '1990-');
    const check = await checkOf(older(quirksNews), older(quirksPrices));
    expect(check.daysBeforeCalendar).toBe(5);
    expect(check.missingDays).toEqual([]);
    expect(check.extraDays).toEqual([]);
  });

  it('finds nothing wrong with a synthetic market', () => {
    const check = checkMarket(syntheticMarket({ days: 300, headlinesPerDay: 4 }));
    const findings = Object.entries(check).filter(([, value]) => Array.isArray(value) && value.length > 0);
    expect(findings.map(([name]) => name)).toEqual(['notCheckable', 'repeatedHeadlines']);
    expect(check.synthetic).toBe(true);
  });
});
