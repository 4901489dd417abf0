import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticMarket, tradingDays, writeKaggleFiles } from '@fin/data';
import { fullTier, sharedPath } from '@fin/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-cli-'));
const market = join(folder, 'market');
const kaggle = sharedPath('data', 'stocknews-djia');
const longer = sharedPath('data', 'djia-2000-2016', 'DJI_2000-01-03_2016-07-01.csv');

beforeAll(() => writeKaggleFiles(syntheticMarket({ days: 60 }), market));
afterAll(() => rmSync(folder, { recursive: true }));

describe('fin data check', () => {
  it('looks at the bundled market by default, and says that it is made up', async () => {
    const { code, stdout } = await runFin('data', 'check');
    expect(code).toBe(0);
    expect(stdout).toContain('(made up)');
    expect(stdout).toContain('none   trading days missing');
  });

  it('prints one JSON document', async () => {
    const { code, stdout, stderr } = await runFin('data', 'check', '--data', market, '--json');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ synthetic: true, days: 60, headlines: 480, missingDays: [] });
  });

  it.skipIf(kaggle === null)('finds what is odd in the real files (needs the shared data)', async () => {
    const { stdout } = await runFin('data', 'check', '--data', kaggle!, '--json');
    const check = JSON.parse(stdout);
    const dates = (rows: { date: string }[]) => rows.map(({ date }) => date);
    expect(check).toMatchObject({ days: 1989, headlines: 49718 });
    expect(dates(check.labelMismatches)).toEqual(['2014-04-24', '2015-11-27']);
    expect(dates(check.staleRows)).toEqual(['2015-11-27']);
    expect(dates(check.notCheckable)).toEqual(['2008-08-08']);
  });

  it('checks the first label too with a longer series', async () => {
    const [header, ...rows] = readFileSync(join(market, 'upload_DJIA_table.csv'), 'utf8').trim().split('\n');
    const [first, ...cells] = [...rows].sort()[0].split(',');
    const longerFile = join(folder, 'longer.csv');
    const before = tradingDays('2000-01-01', first).at(-2);
    writeFileSync(longerFile, [header, ...rows, [before, ...cells].join(',')].join('\n'));
    const check = async (...more: string[]) =>
      JSON.parse((await runFin('data', 'check', '--data', market, '--json', ...more)).stdout);
    expect((await check()).notCheckable).toMatchObject([{ date: first }]);
    expect((await check('--prices', longerFile)).notCheckable).toEqual([]);
  });

  it.skipIf(kaggle === null || longer === null || !fullTier)(
    'checks the first label of the real files too (needs the shared data)',
    async () => {
      const { stdout } = await runFin('data', 'check', '--data', kaggle!, '--prices', longer!, '--json');
      const check = JSON.parse(stdout);
      expect(check.labelMismatches.map(({ date }: { date: string }) => date)).toEqual([
        '2008-08-08',
        '2014-04-24',
        '2015-11-27',
      ]);
      expect(check.notCheckable).toEqual([]);
    },
  );
});

describe('fin data describe', () => {
  it('tells sizes for people and for machines', async () => {
    const text = await runFin('data', 'describe', '--data', market);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('60 days, 480 headlines');
    const { stdout } = await runFin('data', 'describe', '--data', market, '--json');
    const { news, returns } = JSON.parse(stdout);
    expect(news.headlines).toBe(480);
    const simple = (100 * Math.expm1(returns.best.logReturn)).toFixed(2);
    expect(text.stdout).toContain(`best ${simple} % (${returns.best.date})`); // a log return is no percentage
  });
});

describe('prices and headlines of any name', () => {
  const of = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const made = syntheticMarket({ days: 400, headlinesPerDay: 2, start: '2013-08-01' });
  const dates = made.prices.array('date') as string[];
  const closes = made.prices.array('close') as number[];
  const german = (value: number): string => value.toFixed(4).replace('.', ',');
  const closeAlone = `Datum;Close\n${dates.map((date, i) => `${date.split('-').reverse().join('.')};${german(closes[i])}`).join('\n')}\n`;
  const lines = (made.headlines.objects() as { date: string; text: string }[]).map(({ date, text }) =>
    JSON.stringify({ published_at: `${date}T10:00:00-05:00`, title: text }),
  );

  it('are checked, with what was understood, and fail with --strict on a serious finding', async () => {
    const prices = of('index.csv', closeAlone);
    const headlines = of('news.jsonl', lines.join('\n'));
    const check = await runFin(
      'data',
      'check',
      '--prices',
      prices,
      '--headlines',
      headlines,
      '--json',
      '--strict',
    );
    expect(check.code).toBe(0);
    const halves = [lines.slice(0, 300), lines.slice(300)].map((part, i) =>
      of(`part-${i}.jsonl`, part.join('\n')),
    );
    const parts = halves.flatMap((half) => ['--headlines', half]);
    const together = await runFin('data', 'check', '--prices', prices, ...parts, '--json');
    expect(JSON.parse(together.stdout).headlines).toBe(800);
    const document = JSON.parse(check.stdout);
    expect(document).toMatchObject({
      headlines: 800,
      priceDays: 400,
      encodings: { [prices]: 'UTF-8', [headlines]: 'UTF-8' },
      dropped: [],
      implausibleMoves: [],
      daysWithoutHeadlines: [],
      news: { placement: { beforeClose: 800, afterClose: 0, withoutTime: 0 } },
    });
    expect(document.assumptions.map(({ text }: { text: string }) => text)).toContain(
      'numbers have a decimal comma',
    );
    const split = closeAlone
      .split('\n')
      .map((line, i) => (i > 200 ? line.replace(/;.*/, `;${german(closes[i - 1] / 4)}`) : line));
    const found = await runFin('data', 'check', '--prices', of('split.csv', split.join('\n')), '--strict');
    expect(found.code).toBe(3);
    expect(found.stdout).toContain('like an unadjusted 4:1 split');
    expect(found.stderr).toContain('the data have 1 implausible moves');
    expect((await runFin('data', 'check', '--prices', of('split.csv', split.join('\n')))).code).toBe(0);
  });

  it.each(['--columns', '--date-format', '--ticker', '--time-zone', '--headlines'])(
    '%s needs a file',
    async (flag) => {
      const { code, stderr } = await runFin('data', 'check', flag, 'x');
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${flag} needs --prices or --data`)]);
    },
  );

  it('of other years than the Kaggle files train a forecaster, in parts of 70, 15 and 15 %', async () => {
    const other = syntheticMarket({ days: 220, headlinesPerDay: 1, start: '2019-02-01' });
    const [days, close] = ['date', 'close'].map((name) => [
      ...(other.prices.array(name) as Iterable<unknown>),
    ]);
    const prices = of('2019.csv', `Date,Close\n${days.map((day, i) => `${day},${close[i]}`).join('\n')}\n`);
    const run = join(folder, 'other-years');
    const options = ['--prices-only', '--epochs', '1', '--run', run];
    const { code, stderr } = await runFin('train', '--prices', prices, ...options);
    expect(code, stderr).toBe(0);
    const { train, validation, test } = JSON.parse(readFileSync(join(run, 'data.json'), 'utf8')).splits;
    const n = train.n + validation.n + test.n;
    expect([validation.n, test.n]).toEqual([Math.round(0.15 * n), Math.round(0.15 * n)]);
    expect(stderr).toContain(
      `days by target: training ${train.n} (${train.first} … ${train.last}), validation`,
    );
  });

  it('give the same forecasts as one headline per row and in the form of Kaggle', async () => {
    const dir = join(folder, 'kaggle-form');
    const whole = syntheticMarket({ days: 330, headlinesPerDay: 3, start: '2013-11-01' });
    await writeKaggleFiles(whole, dir);
    const rows = whole.headlines.objects() as { date: string; rank: number; text: string }[];
    const long = of(
      'long.csv',
      `published,position,headline\n${rows.map(({ date, rank, text }) => `${date},${rank},${JSON.stringify(text)}`).join('\n')}\n`,
    );
    const forecasts = [];
    for (const [i, headlines] of [join(dir, 'Combined_News_DJIA.csv'), long].entries()) {
      const run = join(folder, `form-${i}`);
      const files = ['--prices', join(dir, 'upload_DJIA_table.csv'), '--headlines', headlines];
      const { code, stderr } = await runFin(
        'train',
        ...files,
        '--text',
        'random',
        '--epochs',
        '1',
        '--run',
        run,
      );
      expect(code, stderr).toBe(0);
      const { stdout } = await runFin('evaluate', '--run', run, '--json');
      forecasts.push([readFileSync(join(run, 'predictions.csv'), 'utf8'), stdout]);
    }
    expect(forecasts[1]).toEqual(forecasts[0]);
  }, 180_000);

  it('train a forecaster without the features that a close alone cannot give, and are recorded', async () => {
    const run = join(folder, 'of-files');
    const files = [
      '--prices',
      of('index.csv', closeAlone),
      '--headlines',
      of('news.jsonl', lines.join('\n')),
    ];
    const { code, stderr } = await runFin('train', ...files, '--run', run, '--epochs', '1');
    expect(code).toBe(0);
    expect(stderr).toContain('no column for open, high, low, volume: features that need them are left out');
    expect(stderr).toContain(
      'headlines published before the close in New York (16:00; 13:00 on half days) count for that day (800)',
    );
    const read = (name: string) => JSON.parse(readFileSync(join(run, name), 'utf8'));
    expect(read('checkpoint/forecaster.json').priceFeatures).toEqual(['logReturn', 'volatility10']);
    expect(read('config.json').source).toMatchObject({ data: null, prices: files[1], headlines: [files[3]] });
    expect(read('data.json').files[0]).toMatchObject({
      encoding: 'UTF-8',
      dates: 'day-month-year',
      dropped: 0,
    });
    expect((await runFin('predict', '--run', run, '--json')).code).toBe(0);
    expect((await runFin('evaluate', '--run', run, ...files, '--json')).code).toBe(0);
  });

  it('are refused when they leave a date open, and --headlines needs prices', async () => {
    const open = await runFin('data', 'check', '--prices', of('open.csv', 'Date,Close\n01/02/2020,10.5\n'));
    expect(open.code).toBe(2);
    expect(open.stderr).toContain('Give --date-format DD/MM/YYYY or MM/DD/YYYY');
    const alone = await runFin(
      'train',
      '--headlines',
      of('news.jsonl', lines.join('\n')),
      '--run',
      join(folder, 'never'),
    );
    expect(alone.code).toBe(2);
    expect(alone.stderr).toContain('--headlines needs --prices or --data');
    const grid = join(folder, 'grid.yaml');
    const before = await runFin('sweep', '--headlines', of('news.jsonl', lines.join('\n')), grid);
    expect(before.code).toBe(2);
    expect(before.stderr).toContain('grid.yaml');
    expect(before.stderr).not.toContain('missing required argument');
  });
});

describe('files that cannot be used', () => {
  const broken = join(folder, 'broken');
  const prices = 'upload_DJIA_table.csv';

  const withPrices = (text: string) => {
    rmSync(broken, { recursive: true, force: true });
    mkdirSync(broken);
    cpSync(market, broken, { recursive: true });
    writeFileSync(join(broken, prices), text);
  };
  const header = 'Date,Open,High,Low,Close,Volume,Adj Close\n';

  it.each([
    [
      'an impossible date',
      `${header}2015-02-30,1,2,1,2,5,2\n`,
      /upload_DJIA_table\.csv, line 2, column "Date"/,
    ],
    ['text in a number', `${header}2015-02-27,1,2,1,high,5,2\n`, /line 2, column "Close"/],
    ['a missing column', 'Date,Open,High,Low,Volume\n2015-02-27,1,2,1,5\n', /Close/],
    ['an empty file', '', /upload_DJIA_table\.csv/],
  ])('%s: one message with file and fix, exit code 2, nothing written', async (_, text, message) => {
    withPrices(text);
    const before = readdirSync(broken).sort();
    for (const command of [
      ['data', 'check'],
      ['train', '--run', join(broken, 'run')],
    ]) {
      const { code, stdout, stderr } = await runFin(...command, '--data', broken);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(readdirSync(broken).sort()).toEqual(before);
  });

  it.each(['empty', 'no-such-folder'])(
    '%s: names the command that fetches the Kaggle files',
    async (name) => {
      const dir = join(broken, name);
      if (name === 'empty') mkdirSync(dir, { recursive: true });
      const { code, stdout, stderr } = await runFin('data', 'check', '--data', dir, '--json');
      expect([code, stderr]).toEqual([2, expect.stringContaining('`fin data pull kaggle` makes the folder')]);
      const { message, file, fix } = JSON.parse(stdout).error;
      expect([stderr, file]).toEqual([`fin: ${message}\n`, dir]);
      expect(message.endsWith(fix)).toBe(true);
      rmSync(dir, { recursive: true, force: true });
    },
  );

  const scaled = (factor: number): string => {
    const lines = readFileSync(join(market, prices), 'utf8').split('\n');
    const [date, open, high, low, close, volume, adjusted] = lines[20].split(',');
    const row = [open, high, low, close].map((price) => Number(price) * factor);
    lines[20] = [date, ...row, volume, adjusted].join(',');
    return lines.join('\n');
  };

  it('names a price row 100 times too small, when checking and before training', async () => {
    withPrices(scaled(1 / 100));
    const message = /the close [\d.]+ of [\d-]+ is \S+ times smaller than on the days around it/;
    const check = await runFin('data', 'check', '--data', broken);
    expect(check.code).toBe(0);
    expect(check.stdout).toMatch(message);
    const { stderr } = await runFin('train', '--run', join(broken, 'run'), '--data', broken);
    expect(stderr).toMatch(/warning: .*upload_DJIA_table\.csv, line 21, column "Close": the close/);
    expect(stderr).toMatch(message);
  });

  it('refuses a price row 10^12 times too large', async () => {
    withPrices(scaled(1e12));
    const { code, stderr } = await runFin('train', '--run', join(broken, 'run'), '--data', broken);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /line 21, column "Close": .* times larger than on the days around it .*Correct the row/,
    );
    expect(existsSync(join(broken, 'run'))).toBe(false);
  });

  it('tells machines the same, as one JSON document', async () => {
    withPrices(`${header}2015-02-30,1,2,1,2,5,2\n`);
    const { code, stdout } = await runFin('data', 'check', '--data', broken, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ kind: 'input', line: 2, file: join(broken, prices) });
  });

  it('names a folder without the files', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { code, stderr } = await runFin('data', 'check', '--data', empty);
    expect(code).toBe(2);
    expect(stderr).toContain('Combined_News_DJIA.csv');
  });
});
