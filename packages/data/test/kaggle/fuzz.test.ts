import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkMarket, DataInputError, describeMarket, loadKaggle } from '../../src/index.js';
import { quirksNews, quirksPrices } from '../quirks.js';
import { temporaryFolder } from '../temporary-folder.js';

const NEWS = 'Combined_News_DJIA.csv';
const PRICES = 'upload_DJIA_table.csv';
const pieces = [
  '"',
  ',',
  '\n',
  '\r',
  '\0',
  '\xff',
  '\xe2\x82',
  '-',
  '0',
  '9',
  'e',
  '.',
  ';',
  "b'",
  '\\x',
  '&amp;',
  '',
];

/** What happens to a file: bytes from `at` on, `count` of them, become `piece`; then it may be cut. */
const damage = fc.record({
  news: fc.boolean(),
  edits: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      count: fc.integer({ min: 0, max: 12 }),
      piece: fc.constantFrom(...pieces),
    }),
    { maxLength: 4 },
  ),
  keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
});

it('loads a damaged file or says what is wrong with it, and nothing else', async () => {
  const dir = temporaryFolder({ [NEWS]: quirksNews, [PRICES]: quirksPrices });
  let loaded = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(damage, async ({ news, edits, keep }) => {
      const [file, original] = news ? [NEWS, quirksNews] : [PRICES, quirksPrices];
      let text = Buffer.from(original).toString('latin1');
      for (const { at, count, piece } of edits) {
        const start = Math.floor(at * text.length);
        text = text.slice(0, start) + piece + text.slice(start + count);
      }
      writeFileSync(`${dir}/${file}`, Buffer.from(text.slice(0, Math.ceil(keep * text.length)), 'latin1'));
      try {
        const market = await loadKaggle({ dir });
        expect(checkMarket(market).days).toBe(describeMarket(market).news.days);
        loaded += 1;
      } catch (error) {
        if (!(error instanceof DataInputError)) throw error;
        expect(error.fix).not.toBe('');
        expect(error.file).toContain(dir);
        refused += 1;
      } finally {
        writeFileSync(`${dir}/${file}`, original);
      }
    }),
    { numRuns: 500 },
  );
  expect(loaded).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(100);
});
