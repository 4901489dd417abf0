import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  loadKaggle,
  loadMarketFiles,
  makeSamples,
  syntheticMarket,
  writeKaggleFiles,
} from '../../src/index.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('loadMarketFiles', () => {
  async function writtenMarket() {
    const dir = temporaryFolder();
    await writeKaggleFiles(syntheticMarket({ days: 40, headlinesPerDay: 2 }), dir);
    const [prices, headlines] = ['upload_DJIA_table.csv', 'Combined_News_DJIA.csv'].map((name) =>
      join(dir, name),
    );
    return { dir, prices, headlines };
  }

  it('reads the same market as loadKaggle, from files of any name', async () => {
    const { dir, prices, headlines } = await writtenMarket();
    const market = await loadMarketFiles({ prices, headlines });
    expect(market.fingerprint).toBe((await loadKaggle({ dir })).fingerprint);
    expect(market.name).toBe('upload_DJIA_table.csv with Combined_News_DJIA.csv');
  });

  it('takes prices alone: no day has a headline', async () => {
    const { prices } = await writtenMarket();
    const samples = makeSamples(await loadMarketFiles({ prices }), { window: 5 });
    expect(samples.length).toBeGreaterThan(0);
    expect(samples.every((sample) => sample.headlines.length === 0)).toBe(true);
  });

  it('refuses headlines of other days', async () => {
    const { prices } = await writtenMarket();
    const other = temporaryFolder();
    await writeKaggleFiles(syntheticMarket({ days: 20, start: '2000-01-03' }), other);
    const files = { prices, headlines: join(other, 'Combined_News_DJIA.csv') };
    await expect(loadMarketFiles(files)).rejects.toThrow('has no day in common with the price table');
  });
});
