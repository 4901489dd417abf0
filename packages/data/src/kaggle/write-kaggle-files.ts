import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { decodeBytesLiteral } from '../clean/decode-bytes-literal.js';
import { DataInputError } from '../errors.js';
import type { Market } from '../market.js';
import { numbers, strings } from '../table-columns.js';
import { newsFileName, priceFileNames, syntheticNoteName } from './kaggle-files.js';

/**
 * Writes a market in Kaggle's format: `Combined_News_DJIA.csv`, `upload_DJIA_table.csv` (newest day first) and, for a
 * synthetic market, `SYNTHETIC.json`, which makes {@link loadKaggle} load it as synthetic. Loading the files gives the same
 * fingerprint. The news file has as many Top columns as the highest rank. Creates the folder if necessary.
 *
 * @throws DataInputError when a headline has no label row, before anything is written
 */
export async function writeKaggleFiles(market: Market, dir: string): Promise<void> {
  const folder = resolve(dir);
  const files = new Map([
    [newsFileName, newsCsv(market)],
    [priceFileNames[0], pricesCsv(market)],
  ]);
  if (market.synthetic) {
    const note = { synthetic: true, name: market.name, signal: market.signal ?? 0 };
    files.set(syntheticNoteName, `${JSON.stringify(note, null, 2)}\n`);
  }
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeWhole(join(folder, name), text);
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
    if (!day) {
      throw new DataInputError(`the headline of ${date} has no label row, which Kaggle's format needs`, {
        fix: 'Add a row for the day to the labels.',
      });
    }
    day[ranks[i] - 1] = headlineCell(texts[i]);
  }
  const dayLabels = numbers(labels, 'label');
  const header = ['Date', 'Label', ...Array.from({ length: ranksPerDay }, (_, i) => `Top${i + 1}`)];
  const rows = [...cells].map(([date, day], i) => [date, String(dayLabels[i]), ...day]);
  return stringify([header, ...rows]);
}

function pricesCsv({ prices }: Market): string {
  const dates = strings(prices, 'date');
  const columns = ['open', 'high', 'low', 'close', 'volume', 'adjClose'].map((name) => numbers(prices, name));
  const rows = dates.map((date, i) => [date, ...columns.map((column) => String(column[i]))]);
  return stringify([['Date', 'Open', 'High', 'Low', 'Close', 'Volume', 'Adj Close'], ...rows.reverse()]);
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

/** Undoes the loader's cleaning: the text of the cell that loads as exactly this headline. */
export function headlineCell(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const cell = decodeBytesLiteral(escaped) === escaped ? escaped : bytesLiteral(escaped);
  return cell;
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
