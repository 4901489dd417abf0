import { describe, expect, it } from 'vitest';
import type { LoadedPrices, PriceFileOptions } from '../../src/index.js';
import { DataInputError, loadMarketFiles, loadPrices, makeSamples } from '../../src/index.js';
import { temporaryFolder } from '../temporary-folder.js';

const load = (content: string | Buffer, options?: PriceFileOptions): Promise<LoadedPrices> =>
  loadPrices(`${temporaryFolder({ 'prices.csv': content })}/prices.csv`, options);

/** Three days of made-up prices. */
const days = [
  { date: '2020-07-15', open: 2800.5, high: 2910.25, low: 2790, close: 2905.75, volume: 310_950_000 },
  { date: '2020-07-16', open: 2900, high: 2950, low: 2850.5, close: 2860.25, volume: 298_000_000 },
  { date: '2020-07-17', open: 2861, high: 2999.75, low: 2860, close: 2990, volume: 1_200_000_000 },
] as const;
type Bar = (typeof days)[number];

const rows = (row: (bar: Bar) => string): string => days.map(row).join('\n');
const grouped = (value: number, decimals = 2): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
const german = (value: number): string =>
  grouped(value).replaceAll(/[.,]/g, (mark) => (mark === '.' ? ',' : '.'));
const american = (date: string): string => {
  const [year, month, day] = date.split('-');
  return `${month}/${day}/${year}`;
};
const pasted = (date: string): string =>
  new Date(`${date}T12:00:00Z`).toLocaleDateString('en-US', {
    month: 'short',
    day: 'numeric',
    year: 'numeric',
    timeZone: 'UTC',
  });

const expectDays = ({ prices }: LoadedPrices, columns: readonly (keyof Bar)[]): void => {
  for (const column of columns)
    expect(Array.from(prices.array(column))).toEqual(days.map((bar) => bar[column]));
};
const all = ['date', 'open', 'high', 'low', 'close', 'volume'] as const;

describe('loadPrices reads', () => {
  const yahoo = 'Date,Open,High,Low,Close,Adj Close,Volume';
  const bar = ({ date, open, high, low, close, volume }: Bar): string =>
    `${date},${open},${high},${low},${close},${close},${volume}`;

  it.each<[string, string]>([
    ["Yahoo's download", `${yahoo}\n${rows(bar)}`],
    ...(
      [
        ['German', 'Datum;Eröffn.;Hoch;Tief;Zuletzt;Volumen'],
        ['Spanish', 'Fecha;Apertura;Máximo;Mínimo;Último;Vol.'],
        ['French', 'Date;Ouv.;Plus Haut;Plus Bas;Dernier;Vol.'],
      ] as const
    ).map(([language, header]): [string, string] => [
      `${language} names of columns`,
      `${header}\n${rows((d) => [d.date.split('-').reverse().join('.'), ...[d.open, d.high, d.low, d.close].map(german), d.volume].join(';'))}`,
    ]),
    [
      'no adjusted close',
      `Date,Close,High,Low,Open,Volume\n${rows((d) => `${d.date},${d.close},${d.high},${d.low},${d.open},${d.volume}`)}`,
    ],
    [
      'the three header lines of yf.download',
      `Price,Adj Close,Close,High,Low,Open,Volume\nTicker,^X,^X,^X,^X,^X,^X\nDate,,,,,,\n${rows((d) => `${d.date},${d.close},${d.close},${d.high},${d.low},${d.open},${d.volume}`)}`,
    ],
    [
      'Ticker.history() with midnight and a UTC offset',
      `Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n${rows((d) => `${d.date} 00:00:00-04:00,${d.open},${d.high},${d.low},${d.close},${d.volume},0.0,0.0`)}`,
    ],
    [
      "a table pasted from Yahoo's page",
      `Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume\n${rows((d) => [pasted(d.date), ...[d.open, d.high, d.low, d.close, d.close].map((x) => grouped(x)), grouped(d.volume, 0)].join('\t'))}`,
    ],
    [
      'Stooq',
      `Date,Open,High,Low,Close,Volume\r\n${rows((d) => `${d.date},${d.open},${d.high},${d.low},${d.close},${d.volume}`)}`,
    ],
    [
      "Stooq's bulk files",
      `<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n${rows((d) => `X.US,D,${d.date.replaceAll('-', '')},000000,${d.open},${d.high},${d.low},${d.close},${d.volume},0`)}`,
    ],
    [
      'Investing.com, with a byte order mark',
      `\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n${rows((d) => [american(d.date), grouped(d.close), grouped(d.open), grouped(d.high), grouped(d.low), d.volume >= 1e9 ? `${d.volume / 1e9}B` : `${d.volume / 1e6}M`, '0.11%'].map((cell) => `"${cell}"`).join(','))}`,
    ],
    [
      'Alpha Vantage',
      `timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient\n${rows((d) => `${d.date},${d.open},${d.high},${d.low},${d.close},${d.close},${d.volume},0.0,1.0`)}`,
    ],
    [
      "Nasdaq's download, with dollars",
      `Date,Close/Last,Volume,Open,High,Low\n${rows((d) => `${american(d.date)},$${d.close},${d.volume},$${d.open},$${d.high},$${d.low}`)}`,
    ],
    [
      'Excel in a locale with decimal commas',
      `Date;Open;High;Low;Close;Adj Close;Volume\n${rows((d) => [d.date, ...[d.open, d.high, d.low, d.close, d.close].map((x) => String(x).replace('.', ',')), d.volume].join(';'))}`,
    ],
    [
      'decimal commas, points between thousands and dates by day',
      `Datum;Open;High;Low;Close;Volume\n${rows((d) => [d.date.split('-').reverse().join('.'), ...[d.open, d.high, d.low, d.close].map(german), german(d.volume)].join(';'))}`,
    ],
    [
      'a column of times beside the dates, which are of whole days',
      `Date,Time,Open,High,Low,Close,Volume\n${rows((d) => `${d.date},16:00,${d.open},${d.high},${d.low},${d.close},${d.volume}`)}`,
    ],
    [
      'TradingView, whose dates are named time',
      `time,open,high,low,close,Volume\n${rows((d) => `${d.date},${d.open},${d.high},${d.low},${d.close},${d.volume}`)}`,
    ],
    ['JSON Lines', rows((d) => JSON.stringify(d))],
    ['a JSON array', JSON.stringify(days)],
  ])('%s', async (_, content) => {
    expectDays(await load(content), all);
  });

  it('one column of values beside a date and a time', async () => {
    expectDays(await load(`Date,Time,Value\n${rows((d) => `${d.date},16:00,${d.close}`)}`), [
      'date',
      'close',
    ]);
  });

  it('FRED: one column of values, a point where there is none', async () => {
    const loaded = await load(
      `observation_date,SP500\n${rows((d) => `${d.date},${d.close}`)}\n2020-07-20,.\n`,
    );
    expectDays(loaded, ['date', 'close']);
    expect(Array.from(loaded.prices.array('volume'))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(loaded.report.dropped).toEqual([{ line: 5, date: '2020-07-20', reason: 'no close' }]);
    expect(loaded.report.assumptions).toEqual([
      '"SP500", the only column besides the date, is the close',
      'no column for open, high, low, volume: features that need them are left out',
    ]);
  });

  it('epochs, as dates in New York or of UTC', async () => {
    const epochs = (hour: number) =>
      `timestamp,close\n${rows((d) => `${Date.parse(`${d.date}T${String(hour).padStart(2, '0')}:30:00Z`) / 1000},${d.close}`)}`;
    expectDays(await load(epochs(13)), ['date', 'close']);
    const midnight = `timestamp,close\n${rows((d) => `${Date.parse(d.date)},${d.close}`)}`;
    expectDays(await load(midnight), ['date', 'close']);
    await expect(load(epochs(22))).rejects.toThrow(
      'is a time in UTC, which can be another day at the exchange',
    );
    expect((await load(epochs(22), { timeZone: 'Asia/Tokyo' })).prices.array('date')).toEqual([
      '2020-07-16',
      '2020-07-17',
      '2020-07-18',
    ]);
  });

  it("dividends and splits in a table pasted from Yahoo's page, which are left out and listed", async () => {
    const page = 'Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume';
    const lines = rows((d) =>
      [pasted(d.date), d.open, d.high, d.low, d.close, d.close, d.volume].map(String).join('\t'),
    ).split('\n');
    const actions = [
      'Jul 15, 2020\t0.62 Dividend',
      'Jul 14, 2020\t4:1 Stock Splits',
      'Jul 13, 2020\t0.62\tDividend',
      'Jul 10, 2020\t0.205 Dividend\t\t\t\t\t',
    ];
    const loaded = await load([page, ...lines, ...actions].join('\n'));
    expectDays(loaded, all);
    expect(loaded.report.dropped).toEqual(
      ['0.62 Dividend', '4:1 Stock Splits', '0.62 Dividend', '0.205 Dividend'].map((action, i) => ({
        line: lines.length + 2 + i,
        date: `2020-07-${[15, 14, 13, 10][i]}`,
        reason: `${action}, not a price`,
      })),
    );
    await expect(load([page, ...lines, 'Jul 15, 2020\t0.62'].join('\n'))).rejects.toThrow('has 2 cells');
  });

  it('rows that say "no value", which are left out and listed', async () => {
    const nothing = ['null', '-', '.', '', 'NaN', 'N/A', '0'];
    const content = nothing.map(
      (cell, i) => `2020-08-0${i + 3},${cell},${cell},${cell},${cell},${cell},${cell}`,
    );
    const loaded = await load([yahoo, rows(bar), ...content].join('\n'));
    expectDays(loaded, all);
    expect(loaded.report.dropped).toEqual(
      nothing.map((_, i) => ({ line: i + 5, date: `2020-08-0${i + 3}`, reason: 'no close' })),
    );
  });

  it('zeros as missing values, usable where no feature needs them', async () => {
    const dir = temporaryFolder({
      'prices.csv': `${yahoo}\n${rows((d) => bar({ ...d, open: 0 } as unknown as Bar))}`,
    });
    const market = await loadMarketFiles({ prices: `${dir}/prices.csv` });
    expect(market.files?.[0].assumptions).toEqual([
      'open is missing on 3 of 3 days: 2020-07-15, 2020-07-16, 2020-07-17',
    ]);
    expect(makeSamples(market, { window: 1, features: ['logReturn'] })).toHaveLength(1);
    expect(() => makeSamples(market, { window: 1, features: ['openToClose'] })).toThrow(
      'the feature "openToClose" is NaN on 2020-07-15: the prices have no open there',
    );
  });

  it('one ticker of several, when it is named', async () => {
    const stacked = `Symbol,${yahoo}\n${rows((d) => `AAA,${bar(d)}`)}\n${rows((d) => `BBB,${d.date},1,1,1,1,1,1`)}`;
    await expect(load(stacked)).rejects.toThrow('holds 2 tickers: "AAA", "BBB". Choose one with --ticker.');
    await expect(load(stacked, { ticker: 'CCC' })).rejects.toThrow('holds no ticker "CCC"');
    expectDays(await load(stacked, { ticker: 'aaa' }), all);
    const wide = `Price,Close,Close\nTicker,AAA,BBB\nDate,,\n${rows((d) => `${d.date},${d.close},1`)}`;
    await expect(load(wide)).rejects.toThrow('Choose one with --ticker.');
    expectDays(await load(wide, { ticker: 'AAA' }), ['date', 'close']);
  });

  it('columns that the caller names', async () => {
    const content = `when,what\n${rows((d) => `${d.date},${d.close}`)}`;
    await expect(load(content)).rejects.toThrow(
      'give --columns date=NAME; the file has the columns when, what.',
    );
    expectDays(await load(content, { columns: { date: 'when', close: 'what' } }), ['date', 'close']);
    await expect(load(content, { columns: { date: 'wann' } })).rejects.toThrow('there is no column "wann"');
  });
});

describe('a day that is there twice', () => {
  const content = `Date,Close\n${rows((d) => `${d.date},${d.close}`)}`;

  it('is merged when the rows are equal, and listed', async () => {
    const loaded = await load(`${content}\n2020-07-17,2990\n`);
    expectDays(loaded, ['date', 'close']);
    expect(loaded.report.dropped).toEqual([{ line: 5, date: '2020-07-17', reason: 'repeats line 4' }]);
  });

  it('is refused when they differ', async () => {
    await expect(load(`${content}\n2020-07-17,2991\n`)).rejects.toThrow(
      'line 5, column "Date": the day 2020-07-17 is there already, on line 4, with other values. Keep one of the two rows.',
    );
  });
});

describe('what a file leaves open is refused, with the option that decides it', () => {
  it('the order of day and month', async () => {
    const content = 'Date,Close\n01/02/2020,10.5\n03/04/2020,11.25\n';
    await expect(load(content)).rejects.toThrow(
      'line 2, column "Date": "01/02/2020" can be read as 2020-02-01 or 2020-01-02, and no date of this column tells which. Give --date-format DD/MM/YYYY or MM/DD/YYYY.',
    );
    const dates = async (dateFormat: string) => (await load(content, { dateFormat })).prices.array('date');
    expect(await dates('DD/MM/YYYY')).toEqual(['2020-02-01', '2020-04-03']);
    expect(await dates('MM/DD/YYYY')).toEqual(['2020-01-02', '2020-03-04']);
    await expect(dates('quarterly')).rejects.toThrow('"quarterly" is not a date format');
    await expect(load(content.replace('03/04', '03/14'), { dateFormat: 'DD/MM/YYYY' })).rejects.toThrow(
      '"03/14/2020" is not written day-month-year, as the column\'s dates are',
    );
  });

  it('the century of a year with two digits', async () => {
    await expect(load('Date,Close\n18-Jul-20,10.5\n')).rejects.toThrow(
      'can be read as 2018-07-20 or 2020-07-18',
    );
    const { prices } = await load('Date,Close\n18-Jul-20,10.5\n', { dateFormat: 'DD-MMM-YY' });
    expect(prices.array('date')).toEqual(['2020-07-18']);
  });

  it('the decimal mark', async () => {
    const content = 'Date;Close\n2020-07-15;1,234\n2020-07-16;1,239\n';
    await expect(load(content)).rejects.toThrow(
      'line 2, column "Close": "1,234" has a decimal mark or a mark between thousands, and no number of the file tells which. Give --decimal point (as in 1,234.5) or --decimal comma (as in 1.234,5).',
    );
    expect(Array.from((await load(content, { decimal: 'point' })).prices.array('close'))).toEqual([
      1234, 1239,
    ]);
    expect(Array.from((await load(content, { decimal: 'comma' })).prices.array('close'))).toEqual([
      1.234, 1.239,
    ]);
  });

  it('contradicting dates and numbers', async () => {
    await expect(load('Date,Close\n13/02/2020,10.5\n03/14/2020,11.25\n')).rejects.toThrow(DataInputError);
    await expect(load('Date;Close\n2020-07-15;1.234,5\n2020-07-16;1,234.5\n')).rejects.toThrow(
      DataInputError,
    );
  });
});
