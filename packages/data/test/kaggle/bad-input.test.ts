import { chmodSync, existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DataInputError, loadKaggle } from '../../src/index.js';
import { quirksNews, quirksPrices } from '../quirks.js';
import { temporaryFolder } from '../temporary-folder.js';

const NEWS = 'Combined_News_DJIA.csv';
const PRICES = 'upload_DJIA_table.csv';
const PRICE_HEADER = 'Date,Open,High,Low,Close,Volume,Adj Close\n';
const KAGGLE =
  'Download "Daily News for Stock Market Prediction" (aaron7sun/stocknews) from Kaggle and unpack it there.';
const NUMBER = 'Write a number, such as 11734.32, or leave the cell empty.';

async function messageFor(
  files: Readonly<Record<string, string | Buffer>>,
  prices?: string,
): Promise<string> {
  const dir = temporaryFolder(files);
  const error = await loadKaggle({ dir, prices }).then(
    () => expect.fail('this input should not load'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataInputError);
  expect((error as DataInputError).kind).toBe('input');
  return (error as DataInputError).message.replaceAll(dir, 'DIR');
}

const withPrices = (prices: string | Buffer): Promise<string> =>
  messageFor({ [NEWS]: quirksNews, [PRICES]: prices });
const withNews = (news: string | Buffer): Promise<string> =>
  messageFor({ [NEWS]: news, [PRICES]: quirksPrices });

describe('a price table that cannot be used', () => {
  it.each([
    [
      'lacks a column',
      quirksPrices.replace('Close', 'Ende').replace('Adj Close', 'Adj'),
      'line 1, column "Close": there is no column "Close". Name it Close, Close/Last, Close Price, Closing Price, Price, Last, or give --columns close=NAME; the file has the columns Date, Open, High, Low, Ende, Volume, Adj.',
    ],
    [
      'has a column twice',
      quirksPrices.replace('Volume', 'High'),
      'line 1, column "High": there are two columns "High". Remove or rename one of them.',
    ],
    [
      'has an impossible date',
      quirksPrices.replace('2012-10-31', '2015-02-30'),
      'line 3, column "Date": there is no day 2015-02-30. Correct the date.',
    ],
    [
      'has a year that cannot be',
      quirksPrices.replace('2012-10-31', '9012-10-31'),
      'line 3, column "Date": the year of 9012-10-31 is far off. Correct the date.',
    ],
    [
      'has a date that is none',
      quirksPrices.replace('2012-10-31', 'Wednesday'),
      'line 3, column "Date": "Wednesday" is not a date. Write dates as YYYY-MM-DD, such as 2016-07-01.',
    ],
    [
      'has a day twice',
      quirksPrices.replace('2012-10-26', '2012-10-31'),
      'line 4, column "Date": the day 2012-10-31 is there already, on line 3, with other values. Keep one of the two rows.',
    ],
    [
      'has text in a number',
      quirksPrices.replace('102.5', '102.5x'),
      `line 4, column "High": "102.5x" is not a number. ${NUMBER}`,
    ],
    [
      'has hexadecimals',
      quirksPrices.replace('102.5', '0x66'),
      `line 4, column "High": "0x66" is not a number. ${NUMBER}`,
    ],
    ...['inf', '-Infinity'].map((text) => [
      `has ${text} in a number`,
      quirksPrices.replace('102.5', text),
      `line 4, column "High": "${text}" is not a finite number. Fill in the number, or delete the row of a day without data.`,
    ]),
    [
      'has a number beyond all bounds',
      quirksPrices.replace('102.5', '1e999'),
      'line 4, column "High": "1e999" is too large a number. Correct it.',
    ],
    [
      'has a close of zero beside other prices',
      quirksPrices.replace('102.5,99,102,', '102.5,99,0.00,'),
      'line 4, column "Close": 0.00 is not a price: prices are above 0. Correct it, or delete the row.',
    ],
    [
      'has a negative price',
      quirksPrices.replace('102.5', '-102.5'),
      'line 4, column "High": -102.5 is not a price: prices are above 0. Correct it, or delete the row.',
    ],
    [
      'has a negative volume',
      quirksPrices.replace(',900,', ',-900,'),
      'line 4, column "Volume": -900 is below 0. Correct it, or delete the row.',
    ],
    [
      'is cut in the middle of a row',
      quirksPrices.slice(0, quirksPrices.indexOf('98,99.25')),
      'line 6: the row has 4 cells where the header has 7 and is the last one: the file seems to be cut short. Download or copy the file again.',
    ],
    [
      'has a short row in the middle',
      quirksPrices.replace(',900,102', ''),
      'line 4: the row has 5 cells where the header has 7. Quote cells that hold commas, and give every row each of its cells.',
    ],
    [
      'has a long row',
      quirksPrices.replace('102.5', '1,102.5'),
      'line 4: the row has 8 cells where the header has 7. Quote cells that hold commas, and give every row each of its cells.',
    ],
    ['is empty', '', 'is empty. Download or write it again.'],
    ['holds blank lines', '\n \n', 'line 1: holds only blank lines. Download or write it again.'],
    [
      'is a header alone',
      `\n${PRICE_HEADER}`,
      'line 2: holds a header and no rows. Download or write it again.',
    ],
    [
      'is UTF-16 with a mark',
      Buffer.from(`\ufeff${quirksPrices}`, 'utf16le'),
      'line 1: is not UTF-8 text; it looks like UTF-16. Save it as UTF-8 (in Excel: "CSV UTF-8"), or convert it with `iconv -f UTF-16 -t UTF-8`.',
    ],
    [
      'is UTF-16 without a mark',
      Buffer.from(quirksPrices, 'utf16le'),
      'line 1: is not UTF-8 text; it looks like UTF-16. Save it as UTF-8 (in Excel: "CSV UTF-8"), or convert it with `iconv -f UTF-16 -t UTF-8`.',
    ],
    [
      'is a zip archive',
      Buffer.from('PK\x03\x04rest', 'latin1'),
      'is a zip archive (or a workbook). Unpack it, or save the sheet as CSV.',
    ],
    [
      'is a gzip file',
      Buffer.from('\x1f\x8brest', 'latin1'),
      'is compressed with gzip. Unpack it with `gunzip`.',
    ],
    [
      'is a web page',
      '<!doctype html><title>Kaggle</title>',
      'is a web page. Download the data file itself; Kaggle asks for a login.',
    ],
  ] as [string, string | Buffer, string][])('%s', async (_, prices, message) => {
    const separator = message.startsWith('line') ? ', ' : ': ';
    expect(await withPrices(prices)).toBe(`DIR/${PRICES}${separator}${message}`);
  });
});

describe('a news file that cannot be used', () => {
  it.each([
    [
      'is cut in the middle of a quoted cell',
      quirksNews.slice(0, quirksNews.indexOf('headline')),
      'line 3: the row that starts here has a quoted cell that never ends: the file seems to be cut short. Download or copy the file again; a quote inside a quoted cell must be doubled.',
    ],
    [
      'is cut so, with CRLF',
      quirksNews.slice(0, quirksNews.indexOf('headline')).replaceAll('\n', '\r\n'),
      'line 3: the row that starts here has a quoted cell that never ends: the file seems to be cut short. Download or copy the file again; a quote inside a quoted cell must be doubled.',
    ],
    [
      'has a stray quote',
      quirksNews.replace('Storm nears', 'Storm "nears"'),
      'line 6: the row that starts here has a quote in the wrong place. Put the whole cell in quotes and double each quote inside it.',
    ],
    [
      'has text after a quoted cell',
      quirksNews.replace('Storm nears', '"Storm" nears'),
      'line 6: the row that starts here has a quote in the wrong place. Put the whole cell in quotes and double each quote inside it.',
    ],
    [
      'counts lines inside cells',
      quirksNews.replace('2012-10-31', '2012-10-32'),
      'line 7, column "Date": there is no day 2012-10-32. Correct the date.',
    ],
    [
      'counts lines inside cells, with CRLF',
      quirksNews.replace('2012-10-31', '2012-10-32').replaceAll('\n', '\r\n'),
      'line 7, column "Date": there is no day 2012-10-32. Correct the date.',
    ],
    [
      'has another label',
      quirksNews.replace('2012-10-31,0', '2012-10-31,up'),
      'line 7, column "Label": "up" is not a label. Labels are 1 (the close rose or stayed the same) or 0.',
    ],
    [
      'has no label',
      quirksNews.replace('2012-10-31,0', '2012-10-31,'),
      'line 7, column "Label": "" is not a label. Labels are 1 (the close rose or stayed the same) or 0.',
    ],
    [
      'lacks a rank',
      quirksNews.replace('Top2', 'Second'),
      'line 1, column "Top2": there is no column "Top2". The file has Top3, so it must have every column from Top1 to Top3.',
    ],
    [
      'is of other days',
      quirksNews.replaceAll('2012-', '2011-'),
      `has no day in common with the price table. Give prices of the same days; these are from DIR/${PRICES}.`,
    ],
  ] as [string, string | Buffer, string][])('%s', async (_, news, message) => {
    const separator = message.startsWith('line') ? ', ' : ': ';
    expect(await withNews(news)).toBe(`DIR/${NEWS}${separator}${message}`);
  });
});

describe('a folder that cannot be used', () => {
  it('is empty', async () => {
    expect(await messageFor({})).toBe(`DIR: the folder has no ${NEWS} and no ${PRICES}. ${KAGGLE}`);
  });

  it('lacks the prices', async () => {
    expect(await messageFor({ [NEWS]: quirksNews })).toBe(`DIR: the folder has no ${PRICES}. ${KAGGLE}`);
  });

  it('holds the archive', async () => {
    expect(await messageFor({ 'archive.zip': 'PK' })).toBe(
      `DIR: the folder has no ${NEWS} and no ${PRICES}. Unpack archive.zip there.`,
    );
  });

  it('is not there', async () => {
    await expect(loadKaggle({ dir: 'no-such-folder' })).rejects.toThrow(
      `no-such-folder: there is no such folder. Give the folder that holds ${NEWS} and ${PRICES}.`,
    );
  });

  it('is a file', async () => {
    const dir = temporaryFolder({ [NEWS]: quirksNews });
    await expect(loadKaggle({ dir: `${dir}/${NEWS}` })).rejects.toThrow(
      `${NEWS}: is a file, not a folder. Give the folder that holds ${NEWS} and ${PRICES}.`,
    );
  });

  it('holds folders where files should be', async () => {
    expect(await messageFor({ [NEWS]: quirksNews, [`${PRICES}/x`]: '' })).toBe(
      `DIR/${PRICES}: is a folder, not a file. Give the path of the file inside it.`,
    );
  });

  it('goes with a price file that is not there', async () => {
    expect(await messageFor({ [NEWS]: quirksNews }, 'no-such.csv')).toBe(
      'no-such.csv: there is no such file. Check the path.',
    );
  });

  it.skipIf(!existsSync('/dev/null'))('goes with prices from a device', async () => {
    expect(await messageFor({ [NEWS]: quirksNews }, '/dev/null')).toBe(
      '/dev/null: is not a regular file. Save the data to a file first.',
    );
  });

  it('goes with a price file inside a file', async () => {
    const dir = temporaryFolder({ [NEWS]: quirksNews });
    await expect(loadKaggle({ dir, prices: `${dir}/${NEWS}/x.csv` })).rejects.toThrow(
      'a part of this path is a file, not a folder. Check the path.',
    );
  });

  it('holds a broken note of a synthetic market', async () => {
    const files = { [NEWS]: quirksNews, [PRICES]: quirksPrices };
    expect(await messageFor({ ...files, 'SYNTHETIC.json': '{' })).toBe(
      'DIR/SYNTHETIC.json: is not JSON. Write the market again, or remove the folder.',
    );
    expect(await messageFor({ ...files, 'SYNTHETIC.json': '{"name":3}' })).toBe(
      'DIR/SYNTHETIC.json: does not hold a name and a signal. Write the market again, or remove the folder.',
    );
  });

  it.skipIf(process.getuid?.() === 0)('may not be read (as root everything may: skipped)', async () => {
    const dir = temporaryFolder({ [NEWS]: quirksNews, [PRICES]: quirksPrices });
    chmodSync(`${dir}/${PRICES}`, 0);
    await expect(loadKaggle({ dir })).rejects.toThrow(
      `${dir}/${PRICES}: may not be read. Give yourself read permission for it.`,
    );
  });
});

it('keeps what the message says as fields', async () => {
  const dir = temporaryFolder({ [NEWS]: quirksNews, [PRICES]: quirksPrices.replace('102.5', 'x') });
  const error = await loadKaggle({ dir }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    name: 'DataInputError',
    kind: 'input',
    file: `${dir}/${PRICES}`,
    line: 4,
    column: 'High',
    fix: NUMBER,
  });
});
