import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { checkMarket, DataInputError, loadKaggle, loadMarketFiles, loadPrices } from '../../src/index.js';
import { temporaryFolder } from '../temporary-folder.js';

type Bar = [open: number, high: number, low: number, close: number, volume: number];

const dates = [
  '2012-10-22',
  '2012-10-23',
  '2012-10-24',
  '2012-10-25',
  '2012-10-26',
  '2012-10-31',
  '2012-11-01',
];
const steady: Bar[] = dates.map((_, i) => [100 + i, 103 + i, 99 + i, 101 + i, 1000 + i]);
const news = `Date,Label,Top1\n${dates.map((date) => `${date},1,Storm nears`).join('\n')}\n`;

const folder = (bars: readonly Bar[]) =>
  temporaryFolder({
    'Combined_News_DJIA.csv': news,
    'upload_DJIA_table.csv': `Date,Open,High,Low,Close,Volume,Adj Close\n${bars
      .map(([open, high, low, close, volume], i) =>
        [dates[i], open, high, low, close, volume, close].join(','),
      )
      .join('\n')}\n`,
  });

const load = (bars: readonly Bar[]) => loadKaggle({ dir: folder(bars) });
const scaled = (rows: readonly number[], factor: number): Bar[] =>
  steady.map(([o, h, l, c, v], i) =>
    rows.includes(i) ? [o * factor, h * factor, l * factor, c * factor, v] : [o, h, l, c, v],
  );

describe('suspicious prices', () => {
  it('are none in steady prices, nor in a crash such as that of 1987', async () => {
    const crash = steady.map(
      ([o, h, l, c, v], i): Bar => (i < 4 ? [o, h, l, c, v] : [o, h, 0.76 * l, 0.774 * c, 6 * v]),
    );
    for (const bars of [steady, crash]) {
      const market = await load(bars);
      expect(market.warnings).toEqual([]);
      expect(checkMarket(market).suspiciousPrices).toEqual([]);
    }
  });

  it.each([0, 1, 3, 6])(
    'name a row 100 times too small, its line and its neighbours (row %i)',
    async (row) => {
      const market = await load(scaled([row], 1 / 100));
      const { suspiciousPrices } = checkMarket(market);
      expect(suspiciousPrices).toHaveLength(1);
      expect(suspiciousPrices[0]).toMatchObject({
        date: dates[row],
        column: 'close',
        value: (101 + row) / 100,
      });
      expect(market.warnings).toHaveLength(1);
      const [warning] = market.warnings!;
      expect(warning).toContain(
        `upload_DJIA_table.csv, line ${row + 2}, column "Close": the close ${(101 + row) / 100}`,
      );
      expect(warning).toContain('times smaller');
      for (const neighbour of [row - 1, row + 1].filter((i) => i >= 0 && i < dates.length)) {
        expect(warning).toContain(`${101 + neighbour} on ${dates[neighbour]}`);
      }
      expect(warning).toContain('Correct the row');
    },
  );

  it('are refused on loading when 1000 times off, in any price column', async () => {
    await expect(load(scaled([3], 1e12))).rejects.toThrow(DataInputError);
    await expect(load(scaled([3], 1e12))).rejects.toThrow(
      /line 5, column "Close".* times larger.*Correct the row/,
    );
    await expect(load(scaled([0], 1e-4))).rejects.toThrow(/line 2, column "Close"/);
    for (const [column, name] of ['Open', 'High'].entries()) {
      const bars = steady.map((bar): Bar => [...bar]);
      bars[3][column] *= 1e6;
      await expect(load(bars), name).rejects.toThrow(`line 5, column "${name}"`);
    }
    const low = steady.map((bar): Bar => [...bar]);
    low[3][2] /= 1e6;
    await expect(load(low)).rejects.toThrow('line 5, column "Low"');
    await expect(loadPrices(join(folder(low), 'upload_DJIA_table.csv'))).rejects.toThrow('column "Low"');
  });

  it('name a level that jumps and stays, once, and a split as its likely cause', async () => {
    const { warnings } = await load(scaled([0, 1, 2], 4));
    expect(warnings).toHaveLength(1);
    expect(warnings![0]).toMatch(/line 5.*times smaller than on the day before.*split/);
  });

  it('name a close outside low and high, and an absurd volume', async () => {
    const bars = steady.map((bar): Bar => [...bar]);
    bars[2][3] = 150;
    bars[4][4] *= 1e6;
    const { warnings } = await load(bars);
    expect(warnings).toHaveLength(2);
    expect(warnings![0]).toMatch(/line 4.*outside the day's low 101 and high 105/);
    expect(warnings![1]).toMatch(/line 6, column "Volume".*times larger/);
  });
});

const cases = sharedPath('cases', 'prices');

describe.skipIf(cases === null)('real prices (needs the shared data)', () => {
  it('are named where one row is 100 times too small, or a split is not adjusted', async () => {
    for (const name of ['100x.csv', 'split.csv']) {
      const file = join(cases!, name);
      const { warnings } = await loadMarketFiles({ prices: file });
      expect(warnings, name).toHaveLength(1);
      const line = Number(/line (\d+)/.exec(warnings![0])![1]);
      const close = (at: number) => Number(readFileSync(file, 'utf8').split('\n')[at - 1].split(',')[4]);
      expect(Math.abs(Math.log(close(line) / close(line - 1)))).toBeGreaterThan(1);
    }
  });
});
