import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBytesLiteral } from '../clean/decode-bytes-literal.js';
import type { Market } from '../market.js';
import { numbers, strings } from '../table-columns.js';
import { newsFileName, priceFileNames, syntheticNoteName } from './kaggle-files.js';

/**
 * Writes a market in Kaggle's format: `Combined_News_DJIA.csv`, `upload_DJIA_table.csv` (newest day first) and, for a
 * synthetic market, `SYNTHETIC.json`, from which {@link loadKaggle} knows it as such. Reading them gives the same
 * fingerprint. There are as many Top columns as the highest rank; the folder is made if need be.
 */
export async function writeKaggleFiles(market: Market, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  if (market.synthetic) {
    const note = { synthetic: true, name: market.name, signal: market.signal ?? 0 };
    await writeWhole(join(dir, syntheticNoteName), `${JSON.stringify(note, null, 2)}\n`);
  }
  await writeWhole(join(dir, newsFileName), newsCsv(market));
  await writeWhole(join(dir, priceFileNames[0]), pricesCsv(market));
}

function newsCsv({ headlines, labels }: Market): string {
  const dates = strings(headlines, 'date');
  const ranks = numbers(headlines, 'rank');
  const texts = strings(headlines, 'text');
  const ranksPerDay = ranks.reduce((highest, rank) => Math.max(highest, rank), 1);
  const cells = new Map(
    strings(labels, 'date').map((date) => [date, new Array<string>(ranksPerDay).fill('')]),
  );
  for (const [i, date] of dates.entries()) {
    const day = cells.get(date);
    if (!day)
      throw new Error(`the headline of ${date} has no label row, and Kaggle's format no place for it`);
    day[ranks[i] - 1] = headlineCell(texts[i]);
  }
  const dayLabels = numbers(labels, 'label');
  const header = ['Date', 'Label', ...Array.from({ length: ranksPerDay }, (_, i) => `Top${i + 1}`)];
  const rows = [...cells].map(([date, day], i) => [date, String(dayLabels[i]), ...day]);
  return csvText([header, ...rows]);
}

function pricesCsv({ prices }: Market): string {
  const dates = strings(prices, 'date');
  const columns = ['open', 'high', 'low', 'close', 'volume', 'adjClose'].map((name) => numbers(prices, name));
  const rows = dates.map((date, i) => [date, ...columns.map((column) => String(column[i]))]);
  return csvText([['Date', 'Open', 'High', 'Low', 'Close', 'Volume', 'Adj Close'], ...rows.reverse()]);
}

function csvText(rows: readonly (readonly string[])[]): string {
  return `${rows.map((row) => row.join(',')).join('\n')}\n`;
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

/** The CSV cell from which the loader reads back exactly this (cleaned) text: its cleaning, undone. */
export function headlineCell(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const cell = decodeBytesLiteral(escaped) === escaped ? escaped : bytesLiteral(escaped);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function bytesLiteral(text: string): string {
  const body = Array.from(Buffer.from(text, 'utf8'), (byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte <= 0x7e
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `b"${body.join('')}"`;
}
