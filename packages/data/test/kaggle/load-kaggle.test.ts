import { describe, expect, it } from 'vitest';
import { loadKaggle, loadPrices } from '../../src/index.js';
import { quirksDir, quirksNews, quirksPrices } from '../quirks.js';
import { temporaryFolder } from '../temporary-folder.js';

const NEWS = 'Combined_News_DJIA.csv';
const PRICES = 'upload_DJIA_table.csv';

describe('loadKaggle', () => {
  it('reads every quirk of the format', async () => {
    const market = await loadKaggle({ dir: quirksDir });
    expect(market.headlines.objects()).toEqual([
      { date: '2012-10-24', rank: 1, text: `Mayor says 'no' to "free" lunch` },
      { date: '2012-10-24', rank: 2, text: "It's a deal" },
      { date: '2012-10-24', rank: 3, text: 'Tab here €5' },
      { date: '2012-10-25', rank: 1, text: 'Two lines, one headline' },
      { date: '2012-10-25', rank: 2, text: 'AT&T > others ’ end' },
      { date: '2012-10-25', rank: 3, text: 'outer space' },
      { date: '2012-10-26', rank: 1, text: 'Storm nears' },
      { date: '2012-10-31', rank: 1, text: 'Exchange opens again' },
      { date: '2012-10-31', rank: 2, text: 'She said "no"' },
      { date: '2012-10-31', rank: 3, text: 'Storm nears' },
      { date: '2012-11-01', rank: 1, text: 'Same close' },
      { date: '2012-11-01', rank: 2, text: 'Nothing new' },
      { date: '2012-11-01', rank: 3, text: `b'not a 'literal'` },
    ]);
    expect(market.labels.array('label')).toEqual([0, 1, 1, 0, 1]);
    expect(market.prices.array('date')).toEqual(market.labels.array('date'));
    expect(market.prices.objects()[0]).toEqual({
      date: '2012-10-24',
      open: 100,
      high: 101,
      low: 98,
      close: 99.25,
      adjClose: 99.25,
      volume: 0,
    });
    expect(market).toMatchObject({
      name: 'quirks',
      synthetic: false,
      cleaning: { bytesLiteral: 3, htmlEntities: 1, whiteSpace: 4 },
    });
  });

  it('does not care for line ends, byte order mark, column order, row order, number format and blank lines', async () => {
    const expected = (await loadKaggle({ dir: quirksDir })).fingerprint;
    const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
    const [header, ...rows] = quirksPrices.trimEnd().split('\n');
    const reordered = [header, ...rows.reverse()].map((line) => {
      const [date, open, high, low, close, volume, adjClose] = line.split(',');
      return [close, adjClose, `${volume}`, `"${date}"`, open, low, high].join(',');
    });
    const variants: Record<string, string>[] = [
      { [NEWS]: crlf(quirksNews), [PRICES]: crlf(quirksPrices) },
      { [NEWS]: `\ufeff${quirksNews}`, [PRICES]: `\ufeff${quirksPrices}` },
      { [NEWS]: `\n${quirksNews}\n \n`, [PRICES]: reordered.join('\n') },
      {
        [NEWS]: quirksNews,
        [PRICES]: quirksPrices.replace(',1000,', ',1.0E3,').replace(',100.5,', ', 100.50 ,'),
      },
      { [NEWS]: quirksNews, [PRICES]: quirksPrices.replace('Adj Close', 'adj_close') },
      { [NEWS]: quirksNews, 'DJIA_table.csv': quirksPrices },
    ];
    for (const files of variants) {
      const market = await loadKaggle({ dir: temporaryFolder(files) });
      expect(market.fingerprint).toBe(expected);
    }
  });

  it('changes its fingerprint with any value', async () => {
    const expected = (await loadKaggle({ dir: quirksDir })).fingerprint;
    const variants = [
      { [NEWS]: quirksNews.replace('Storm', 'storm'), [PRICES]: quirksPrices },
      { [NEWS]: quirksNews.replace('2012-10-24,0', '2012-10-24,1'), [PRICES]: quirksPrices },
      { [NEWS]: quirksNews, [PRICES]: quirksPrices.replace('101.5', '101.500001') },
    ];
    for (const files of variants) {
      expect((await loadKaggle({ dir: temporaryFolder(files) })).fingerprint).not.toBe(expected);
    }
  });

  it('takes prices from another file, and then needs none in the folder', async () => {
    const dir = temporaryFolder({ [NEWS]: quirksNews, 'long.csv': quirksPrices.replace('900,', '901,') });
    const market = await loadKaggle({ dir, prices: `${dir}/long.csv` });
    expect(market.name).toMatch(/, prices from long\.csv$/);
    expect(market.prices.array('volume')).toContain(901);
    expect((await loadPrices(`${dir}/long.csv`)).prices.numRows()).toBe(5);
  });
});
