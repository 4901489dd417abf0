import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fullTier } from '@fin/testkit';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DataInputError, loadHeadlines, loadPrices, loadSentences } from '../../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-data-'));
const file = join(folder, 'prices.csv');
afterAll(() => rmSync(folder, { recursive: true }));

/** A price with at most four decimals, as a whole number of ten-thousandths, so that every style can write it exactly. */
const price = fc.integer({ min: 1, max: 999_999_999 });
const day = fc.record({
  day: fc.integer({ min: 0, max: 20_000 }),
  close: price,
  high: price,
  volume: fc.integer({ min: 0, max: 2e9 }),
});
const table = fc.uniqueArray(day, { selector: (one) => one.day, minLength: 1, maxLength: 12 });

const style = fc.record({
  decimal: fc.constantFrom('.', ','),
  thousands: fc.constantFrom('', 'mark', "'", ' ', '\u00a0'),
  decimals: fc.constantFrom(4, 'as needed' as const),
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  date: fc.constantFrom('ISO', 'DMY/', 'MDY/', 'DMY.', 'compact', 'name first', 'day first', 'midnight'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  mark: fc.constantFrom('', '\ufeff'),
  quoteAll: fc.boolean(),
});
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;

function writeNumber(tenThousandths: number, { decimal, thousands, decimals }: Style): string {
  const digits = String(tenThousandths).padStart(5, '0');
  const separator = thousands === 'mark' ? (decimal === '.' ? ',' : '.') : thousands;
  const whole = digits.slice(0, -4).replaceAll(/\B(?=(\d{3})+$)/g, separator);
  const fraction = decimals === 4 ? digits.slice(-4) : digits.slice(-4).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}${decimal}${fraction}`;
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function writeDate(iso: string, { date }: Style): string {
  const [year, month, day] = iso.split('-');
  const name = months[Number(month) - 1];
  switch (date) {
    case 'DMY/':
      return `${day}/${month}/${year}`;
    case 'MDY/':
      return `${month}/${day}/${year}`;
    case 'DMY.':
      return `${day}.${month}.${year}`;
    case 'compact':
      return `${year}${month}${day}`;
    case 'name first':
      return `${name.slice(0, 3)} ${Number(day)}, ${year}`;
    case 'day first':
      return `${Number(day)} ${name} ${year}`;
    case 'midnight':
      return `${iso} 00:00:00-05:00`;
    default:
      return iso;
  }
}

const isoDay = (number: number): string => new Date(number * 86_400_000).toISOString().slice(0, 10);

function writeTable(
  rows: readonly { day: number; close: number; high: number; volume: number }[],
  how: Style,
): string {
  const cells = [
    ['Date', 'Close', 'High', 'Volume'],
    ...rows.map(({ day, close, high, volume }) => [
      writeDate(isoDay(day), how),
      writeNumber(close, how),
      writeNumber(high, how),
      writeNumber(volume * 10_000, { ...how, decimals: 'as needed' }),
    ]),
  ];
  const cell = (text: string): string => (how.quoteAll || text.includes(how.delimiter) ? `"${text}"` : text);
  return how.mark + cells.map((row) => row.map(cell).join(how.delimiter)).join(how.lineEnd) + how.lineEnd;
}

describe('a price table in any supported style', () => {
  it('is read back as the same numbers and dates, or refused because it leaves them open', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(table, style, async (rows, how) => {
        writeFileSync(file, writeTable(rows, how));
        const sorted = [...rows].sort((a, b) => a.day - b.day);
        try {
          const { prices } = await loadPrices(file);
          expect(prices.array('date')).toEqual(sorted.map(({ day }) => isoDay(day)));
          expect(Array.from(prices.array('close'))).toEqual(sorted.map(({ close }) => Number(`${close}e-4`)));
          expect(Array.from(prices.array('high'))).toEqual(sorted.map(({ high }) => Number(`${high}e-4`)));
          expect(Array.from(prices.array('volume'))).toEqual(sorted.map(({ volume }) => volume));
          read += 1;
        } catch (error) {
          if (!(error instanceof DataInputError)) throw error;
          expect(error.message).toMatch(
            /no (date|number) of (this column|the file) tells which|times (larger|smaller) than/,
          );
        }
      }),
      { numRuns: fullTier ? 20_000 : 600 },
    );
    expect(read).toBeGreaterThan(fullTier ? 4000 : 100);
  }, 900_000);
});

/** A file before it is damaged, and what reads it. */
interface Kind {
  readonly name: string;
  readonly content: fc.Arbitrary<string>;
  /** Reads the file and checks what it gives. */
  readonly read: () => Promise<void>;
}

const isDay = /^\d{4}-\d{2}-\d{2}$/;
const label = fc.constantFrom('positive', 'negative', 'neutral');
const headlineFile = fc
  .tuple(fc.constantFrom('one column', 'two columns', 'JSON', 'wide'), style, table)
  .map(([form, how, rows]) => {
    const texts = rows.map(({ close }) =>
      close % 4 === 0 ? `Bank pays \u00a3${close} \u2013 again` : `Bank pays ${close} again`,
    );
    const isoDays = rows.map(({ day }) => isoDay(day));
    const line = (...cells: string[]): string =>
      cells.map((cell) => (cell.includes(how.delimiter) ? `"${cell}"` : cell)).join(how.delimiter);
    const lines = {
      'one column': () => [
        line('Published', 'Title'),
        ...isoDays.map((day, i) => line(`${day}T1${i % 10}:05:00Z`, texts[i])),
      ],
      'two columns': () => [
        line('Date', 'Time', 'Title'),
        ...isoDays.map((day, i) => line(writeDate(day, how), `1${i % 10}:05`, texts[i])),
      ],
      JSON: () => isoDays.map((date, i) => JSON.stringify({ date, time: `1${i % 10}:05`, title: texts[i] })),
      wide: () => [
        line('Date', 'Label', 'Top1', 'Top2'),
        ...isoDays.map((day, i) => line(day, String(i % 2), texts[i], `b'${texts[i]}'`)),
      ],
    }[form]();
    return lines.join(how.lineEnd);
  });
const sentenceFile = fc
  .tuple(
    fc.constantFrom('lines', 'table', 'JSON'),
    style,
    fc.array(fc.tuple(fc.nat(9999), label), { minLength: 3, maxLength: 12 }),
  )
  .map(([form, { delimiter, lineEnd }, rows]) => {
    const sentences = rows.map(([n, name]) => [`Profit rose to ${n}, as "told"`, name] as const);
    const lines = {
      lines: () => sentences.map(([text, name]) => `${text}@${name}`),
      table: () => [
        `text${delimiter}label`,
        ...sentences.map(([text, name]) => `"${text.replaceAll('"', '""')}"${delimiter}${name}`),
      ],
      JSON: () => sentences.map(([text, name]) => JSON.stringify({ text, label: name })),
    }[form]();
    return lines.join(lineEnd);
  });
const kinds: readonly Kind[] = [
  {
    name: 'prices',
    content: fc.tuple(table, style).map(([rows, how]) => writeTable(rows, how)),
    read: async () => {
      const { prices } = await loadPrices(file);
      for (const date of prices.array('date') as Iterable<string>) expect(date).toMatch(isDay);
      for (const close of prices.array('close') as Iterable<number>)
        expect(close > 0 && close < Infinity).toBe(true);
    },
  },
  {
    name: 'headlines',
    content: headlineFile,
    read: async () => {
      const { headlines } = await loadHeadlines(file);
      for (const date of headlines.array('date') as Iterable<string>) expect(date).toMatch(isDay);
      for (const text of headlines.array('text') as Iterable<string>) expect(text.trim()).not.toBe('');
    },
  },
  {
    name: 'sentences',
    content: sentenceFile,
    read: async () => {
      const { sentences } = await loadSentences(file);
      for (const { text, label } of sentences) {
        expect(text.trim()).not.toBe('');
        expect(['positive', 'negative', 'neutral']).toContain(label);
      }
    },
  },
];

describe('a damaged file', () => {
  const pieces = [
    '"',
    ',',
    ';',
    '\t',
    '\n',
    '\r',
    '\0',
    '\xff',
    '\x92',
    '-',
    '/',
    ':',
    '0',
    '9',
    'e',
    '.',
    'M',
    'null',
    ' ',
    '',
  ];
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    count: fc.integer({ min: 0, max: 8 }),
    piece: fc.constantFrom(...pieces),
  });

  it.each(kinds)(
    'of $name is read, or refused with one kind of error that names the file and a fix',
    async ({ content, read }) => {
      const outcomes = { read: 0, refused: 0 };
      await fc.assert(
        fc.asyncProperty(content, fc.array(edit, { minLength: 1, maxLength: 2 }), async (whole, edits) => {
          let text = Buffer.from(whole).toString('latin1');
          for (const { at, count, piece } of edits) {
            const start = Math.floor(at * text.length);
            text = text.slice(0, start) + piece + text.slice(start + count);
          }
          writeFileSync(file, Buffer.from(text, 'latin1'));
          try {
            await read();
            outcomes.read += 1;
          } catch (error) {
            if (!(error instanceof DataInputError)) throw error;
            expect(error.file).toBe(file);
            expect(error.fix).not.toBe('');
            outcomes.refused += 1;
          }
        }),
        // With 400 other files than these, one test in thirty would read ten headline files or fewer.
        fullTier ? { numRuns: 34_000 } : { numRuns: 400, seed: 1 },
      );
      expect(outcomes.read).toBeGreaterThan(10);
      expect(outcomes.refused).toBeGreaterThan(10);
    },
    900_000,
  );
});
