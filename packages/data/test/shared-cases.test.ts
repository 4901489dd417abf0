import { join } from 'node:path';
import { sharedPath } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import type { MarketCheck } from '../src/index.js';
import { checkMarket, loadMarketFiles, loadSentences, makeSamples, parseLabelNames } from '../src/index.js';

const cases = sharedPath('cases');
const at = (...names: string[]): string => join(cases ?? '', ...names);

async function checkOf(prices: string, headlines: string): Promise<MarketCheck> {
  const market = await loadMarketFiles({
    prices: at(...prices.split('/')),
    headlines: at(...headlines.split('/')),
  });
  expect(makeSamples(market, { window: 5 }).length).toBeGreaterThan(30);
  return checkMarket(market);
}
const news = 'prices/Combined_News_DJIA.csv';
const table = 'news/upload_DJIA_table.csv';

describe.skipIf(cases === null)('files as people have them (skipped where there are none)', () => {
  it.each(['no-adj-close', 'yfinance-multiheader', 'investing-com', 'thousands', 'semicolon'])(
    'prices/%s.csv is read as 60 days',
    async (name) => {
      const check = await checkOf(`prices/${name}.csv`, news);
      expect(check).toMatchObject({
        priceDays: 60,
        days: 60,
        headlines: 1500,
        dropped: [],
        implausibleMoves: [],
      });
      expect(check.labelMismatches).toEqual([]);
    },
  );

  it('prices/null-rows.csv lists the rows that it leaves out', async () => {
    const { dropped, priceDays } = await checkOf('prices/null-rows.csv', news);
    expect(priceDays).toBe(58);
    expect(dropped.map(({ line, date }) => [line, date])).toEqual([
      [22, '2008-09-08'],
      [43, '2008-10-07'],
    ]);
  });

  it('prices/open-zero.csv lists zeros as missing values', async () => {
    const { assumptions } = await checkOf('prices/open-zero.csv', news);
    expect(assumptions[0].text).toMatch(/^open is missing on 10 of 60 days: 2008-08-08/);
  });

  it('prices/dup-last-day.csv is refused, since its last day has two closes', async () => {
    await expect(checkOf('prices/dup-last-day.csv', news)).rejects.toThrow(
      'the day 2008-10-31 is there already, on line 61',
    );
  });

  it('prices/100x.csv and split.csv are named', async () => {
    const wrong = await checkOf('prices/100x.csv', news);
    expect(wrong.implausibleMoves).toMatchObject([{ date: '2008-09-22', kind: 'row' }]);
    const split = await checkOf('prices/split.csv', news);
    expect(split.implausibleMoves).toMatchObject([{ date: '2008-09-22', kind: 'level', split: '4:1' }]);
  });

  it('news/* are read, with what is absent', async () => {
    const latin = await loadMarketFiles({
      prices: at(...table.split('/')),
      headlines: at('news', 'latin1.csv'),
    });
    expect(Object.values(checkMarket(latin).encodings)).toEqual(['UTF-8', 'Windows-1252']);
    expect((latin.headlines.array('text') as string[])[0]).toMatch(/^Georgia’s /);
    expect(await checkOf(table, 'news/nan-text.csv')).toMatchObject({ headlines: 1470, absentHeadlines: 30 });
    expect(await checkOf(table, 'news/no-label.csv')).toMatchObject({
      days: 60,
      labelsChecked: 0,
      headlines: 1500,
    });
    expect((await checkOf(table, 'news/empty-day.csv')).daysWithoutHeadlines).toEqual(['2008-08-15']);
  });

  it('sentences/* are read, or refused until their numbers have names', async () => {
    const load = (name: string, labels?: string) =>
      loadSentences(at('sentences', name), labels === undefined ? {} : { labels: parseLabelNames(labels) });
    for (const name of ['utf8-euro.txt', 'utf8-pound.txt']) {
      const { files, lines } = await load(name);
      expect([files[0].encoding, lines]).toEqual(['UTF-8', 61]);
    }
    expect((await load('kaggle-all-data.csv')).lines).toBe(120);
    expect((await load('capital.txt')).sentences).toHaveLength(60);
    await expect(load('datasets-export.csv')).rejects.toThrow('--labels 0=negative,1=neutral,2=positive');
    expect((await load('datasets-export.csv', '0=negative,1=neutral,2=positive')).lines).toBe(120);
    expect((await load('no-negative.txt')).warnings).toEqual([
      'no sentence is negative: a model cannot learn this class, or be measured on it',
    ]);
  });
});
