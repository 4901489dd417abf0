import { readdirSync } from 'node:fs';
import { table } from 'arquero';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanHeadline, loadKaggle, makeMarket, syntheticMarket, writeKaggleFiles } from '../../src/index.js';
import { headlineCell } from '../../src/kaggle/write-kaggle-files.js';
import { decodeText } from '../../src/read/decode-text.js';
import { delimitedTable } from '../../src/read/delimited-table.js';
import { quirksDir } from '../quirks.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('writeKaggleFiles', () => {
  it('writes a synthetic market that reads back as the same, and as synthetic', async () => {
    const market = syntheticMarket({ days: 30, headlinesPerDay: 3, signal: 0.02, seed: 5 });
    const dir = `${temporaryFolder()}/new/folder`;
    await writeKaggleFiles(market, dir);
    expect(readdirSync(dir).sort()).toEqual([
      'Combined_News_DJIA.csv',
      'SYNTHETIC.json',
      'upload_DJIA_table.csv',
    ]);
    const { name, synthetic, signal, fingerprint } = await loadKaggle({ dir });
    expect({ name, synthetic, signal, fingerprint }).toEqual({
      name: 'synthetic market (signal 0.02, seed 5)',
      synthetic: true,
      signal: 0.02,
      fingerprint: market.fingerprint,
    });
  });

  it('writes a real market without calling it synthetic', async () => {
    const market = await loadKaggle({ dir: quirksDir });
    const dir = temporaryFolder();
    await writeKaggleFiles(market, dir);
    const again = await loadKaggle({ dir });
    expect(again.synthetic).toBe(false);
    expect(again.fingerprint).toBe(market.fingerprint);
  });

  it('has no place for a headline of a day without a label', async () => {
    const market = syntheticMarket({ days: 3, headlinesPerDay: 1 });
    const stray = makeMarket({ ...market, labels: table({ date: ['2011-01-03'], label: [1] }) });
    await expect(writeKaggleFiles(stray, temporaryFolder())).rejects.toThrow('2011-01-04');
  });
});

describe('headlineCell', () => {
  it('is undone by the cleaning, whatever the headline', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '&',
        '&amp',
        ';',
        '&lt;',
        '<',
        '"',
        "'",
        "b'",
        'b"',
        '\\',
        '\\x41',
        ',',
        '\n',
        ' ',
        '€',
      ),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = cleanHeadline(pieces.join(''));
        const bytes = Buffer.from(`text,other\n${stringify([[headlineCell(text), 'x']])}`);
        const csv = delimitedTable(decodeText(bytes, 'headlines.csv'), 'headlines.csv');
        const [cell] = csv.rows[0].cells;
        expect(cleanHeadline(cell)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});
