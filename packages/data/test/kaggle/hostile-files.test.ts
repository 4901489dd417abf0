import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { table } from 'arquero';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DataInputError,
  loadHeadlines,
  loadKaggle,
  loadPrices,
  loadSentences,
  syntheticMarket,
  writeKaggleFiles,
} from '../../src/index.js';
import { quirksNews, quirksPrices } from '../quirks.js';
import { temporaryFolder } from '../temporary-folder.js';

const loaders = { loadPrices, loadHeadlines, loadSentences } as const;

describe.each(Object.entries(loaders))('%s', (_, load) => {
  it.skipIf(!existsSync('/dev/zero'))(
    'refuses a device and a FIFO instead of reading without end',
    async () => {
      const fifo = join(temporaryFolder(), 'pipe.csv');
      execFileSync('mkfifo', [fifo]);
      for (const file of [fifo, '/dev/zero']) {
        await expect(load(file)).rejects.toThrow(
          `${file}: is not a regular file. Save the data to a file first.`,
        );
      }
    },
  );

  it('refuses an enormous file before reading it, and names the limit', async () => {
    const file = join(temporaryFolder({ 'huge.csv': '' }), 'huge.csv');
    truncateSync(file, 2 ** 40);
    await expect(load(file)).rejects.toThrow(
      /huge\.csv: has 1099511627776 bytes, more than the limit of 268435456/,
    );
  });
});

describe('texts of a file in messages', () => {
  // A terminal's escape sequence, a C1 control, a mark that reverses the text, and a quotation mark.
  const hostile = '\u001b[31m\u009b2J\u202eevil" x';
  const cell = `"${hostile.replaceAll('"', '""')}"`;
  const escaped = '\\u001b[31m\\u009b2J\\u202eevil\\" x';

  it.each([
    ['a date', quirksNews.replace('2012-10-24', cell), quirksPrices, `"${escaped}" is not a date`],
    [
      'a label',
      quirksNews.replace(/2012-10-24,\d/, `2012-10-24,${cell}`),
      quirksPrices,
      `"${escaped}" is not a label`,
    ],
    ['a number', quirksNews, quirksPrices.replace('102.5', cell), `"${escaped}" is not a number`],
    ['a header', quirksNews, quirksPrices.replace('Close', cell), escaped],
  ])('are quoted with escapes: %s', async (_, news, prices, message) => {
    const dir = temporaryFolder({ 'Combined_News_DJIA.csv': news, 'upload_DJIA_table.csv': prices });
    const error = (await loadKaggle({ dir }).catch((reason: unknown) => reason)) as DataInputError;
    expect(error).toBeInstanceOf(DataInputError);
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('are quoted with escapes: a sentence', async () => {
    const file = join(temporaryFolder({ 's.txt': 'fine@positive\n\u001b[2J"bad"@verdict\n' }), 's.txt');
    await expect(loadSentences(file)).rejects.toThrow('"\\u001b[2J\\"bad\\"@verdict"');
  });
});

describe('writeKaggleFiles', () => {
  it.each(['x', './y', 'a/b', '.'])('writes to the relative folder %s', async (dir) => {
    const before = process.cwd();
    process.chdir(temporaryFolder());
    onTestFinished(() => process.chdir(before));
    const market = syntheticMarket({ days: 5 });
    await writeKaggleFiles(market, dir);
    expect((await loadKaggle({ dir })).fingerprint).toBe(market.fingerprint);
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('writes nothing when a headline has no label row', async () => {
    const dir = join(temporaryFolder(), 'market');
    const market = { ...syntheticMarket({ days: 5 }), labels: table({ date: [], label: [] }) };
    await expect(writeKaggleFiles(market, dir)).rejects.toThrow(DataInputError);
    expect(existsSync(dir)).toBe(false);
  });
});
