import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextTradingDay, syntheticMarket, tradingDays, writeKaggleFiles } from '@fin/data';
import type { AskedSource, FakeSource } from '@fin/testkit/fake-source';
import { startFakeSource } from '@fin/testkit/fake-source';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runFin } from './run-fin.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-predict-today-'));
const inFolder = (name: string) => join(folder, name);
const market = syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2 });
const days = market.prices.array('date') as string[];
const DAY = days[days.length - 1];
const BEFORE = days[days.length - 2];
/** The evening of the last day, in winter: 16:45 in New York. */
const EVENING = `${DAY}T21:45:00Z`;
let source: FakeSource;

/** As Yahoo's chart of the market, from row `from` to row `to`. */
function chart(from = 0, to = days.length): string {
  const column = (name: string) => Array.from(market.prices.array(name) as number[]).slice(from, to);
  const timestamp = days.slice(from, to).map((day) => Date.parse(`${day}T15:00:00Z`) / 1000);
  const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map(column);
  return JSON.stringify({
    chart: {
      result: [
        {
          meta: { exchangeTimezoneName: 'America/New_York' },
          timestamp,
          indicators: {
            quote: [{ open, high, low, close, volume }],
            adjclose: [{ adjclose: column('adjClose') }],
          },
        },
      ],
    },
  });
}

const rss = (...items: readonly (readonly [title: string, published: string])[]) =>
  `<rss version="2.0"><channel><title>News</title>${items
    .map(([title, published]) => `<item><title>${title}</title><pubDate>${published}</pubDate></item>`)
    .join('')}</channel></rss>`;

const FEED = rss(
  ['Shares soar on record profit', `${DAY}T22:30:00Z`],
  ['Factory orders &amp; exports jump', `${DAY}T15:00:00-05:00`],
  ['Bank posts a loss', `${DAY}T01:00:00Z`],
  ['Oil slips', `${BEFORE}T15:00:00Z`],
  ['Without a date', ''],
);

let feed: string;
let prices: string;

const answer = ({ path, send }: AskedSource) => send(path === '/feed' ? feed : prices);

beforeAll(async () => {
  source = await startFakeSource();
  await writeKaggleFiles(market, inFolder('market'));
  const options = ['--data', inFolder('market'), '--epochs', '1', '--hidden-size', '4'];
  for (const [name, ...kind] of [['text'], ['prices', '--prices-only']] as const) {
    const { code, stderr } = await runFin('train', ...options, ...kind, '--run', inFolder(name));
    expect(code, stderr).toBe(0);
  }
});
beforeEach(() => {
  source.requests.length = 0;
  source.fault = undefined;
  source.answer = answer;
  feed = FEED;
  prices = chart();
  vi.stubEnv('FIN_YAHOO_ENDPOINT', source.url);
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(EVENING) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await source.close();
  rmSync(folder, { recursive: true });
});

const today = (run: string, ...args: string[]) =>
  runFin('predict', '--today', '--run', inFolder(run), ...args);
const fromYahoo = (...args: string[]) =>
  today('text', '--from', 'yahoo', '--feed', `${source.url}/feed?key=SECRET`, ...args);

describe('fin predict --today', () => {
  it('forecasts the next trading day from feeds and fetched prices, with an interval and a caveat', async () => {
    const { code, stdout, stderr } = await fromYahoo('--json');
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      decisionDate: DAY,
      targetDate: nextTradingDay(DAY),
      synthetic: false,
      headlines: 2,
      level: 0.95,
      asOf: new Date(EVENING).toISOString(),
      feeds: [{ feed: `${source.url}/feed`, format: 'RSS', headlines: 4, leftOut: 1 }],
    });
    expect(result.market).toBe(`^DJI of yahoo with headlines of ${new URL(source.url).host}`);
    const [low, high] = result.interval;
    expect(low).toBeLessThan(result.predicted);
    expect(high).toBeGreaterThan(result.predicted);
    expect(result.trackRecord.coverage).toBeGreaterThan(0.5);
    expect(result.caveat).toMatch(
      /^The model learned from closes up to 2013-12-31\. On its \d+ test days .* not advice\.$/,
    );
    expect(stderr).toContain(
      `1 headlines are from after the close of ${DAY}, and count for the next forecast`,
    );
    expect(stderr).toContain('1 entries without a title or a date that can be read are left out');
    expect(stdout + stderr).not.toContain('SECRET');
    const [first] = source.requests.slice(-1);
    expect(Number(first.query.period2)).toBeGreaterThan(Date.parse(EVENING) / 1000);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('fin-today-'))).toEqual([]);
  });

  it('gives what the same prices and headlines give as files', async () => {
    const { stdout } = await fromYahoo('--json');
    await runFin('data', 'pull', 'prices', '^DJI', '--from', 'yahoo', '--out', inFolder('dji.csv'));
    writeFileSync(
      inFolder('news.csv'),
      `time,headline\n${BEFORE}T15:00:00Z,Oil slips\n${DAY}T20:00:00Z,Factory orders & exports jump\n${DAY}T01:00:00Z,Bank posts a loss\n`,
    );
    const files = await runFin(
      'predict',
      ...[
        '--run',
        inFolder('text'),
        '--prices',
        inFolder('dji.csv'),
        '--headlines',
        inFolder('news.csv'),
        '--json',
      ],
    );
    const { predicted, interval, sentiment } = JSON.parse(stdout);
    expect(JSON.parse(files.stdout)).toMatchObject({ predicted, interval, sentiment, decisionDate: DAY });
  });

  it('tells people the same', async () => {
    const { stdout } = await fromYahoo();
    expect(stdout).toMatch(/95 % prediction interval: \d+\.\d\d … \d+\.\d\d\n/);
    expect(stdout).toContain(`forecast for the next trading day, ${nextTradingDay(DAY)}: `);
    expect(stdout).toContain('Its intervals held the close on');
  });

  it('reads prices and headlines from files as well', async () => {
    const { code, stdout } = await today(
      'text',
      ...['--prices', inFolder('market/upload_DJIA_table.csv'), '--feed', `${source.url}/feed`, '--json'],
    );
    expect([code, JSON.parse(stdout).decisionDate]).toEqual([0, DAY]);
    expect(source.requests.map(({ path }) => path)).toEqual(['/feed']);
  });

  it('needs no feed for a run that reads prices alone', async () => {
    const { code, stdout } = await today('prices', '--from', 'yahoo', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ decisionDate: DAY, headlines: 0, feeds: [] });
    source.requests.length = 0;
    const { stderr } = await today('prices', '--from', 'yahoo', '--feed', `${source.url}/feed`);
    expect(stderr).toContain('this run reads prices alone, so the headlines are not used');
    expect(source.requests.map(({ path }) => path)).not.toContain('/feed');
  });

  it('takes the day before while the trading of a day goes on, and so forecasts its close', async () => {
    vi.setSystemTime(new Date(`${DAY}T17:00:00Z`));
    const { stdout, stderr } = await fromYahoo('--json');
    expect(JSON.parse(stdout), stderr).toMatchObject({ decisionDate: BEFORE, targetDate: DAY, headlines: 1 });
  });
});

describe('fin predict --today says what is missing', () => {
  const later = tradingDays(DAY, '2016-01-01')[2];

  it.each<[string, () => void, string]>([
    [
      'prices that are old',
      () => vi.setSystemTime(new Date(`${later}T22:00:00Z`)),
      `its last price is of ${DAY}, and the trading of ${later} is over`,
    ],
    [
      'too few prices',
      () => {
        prices = chart(days.length - 5);
      },
      'has 5 days of prices, too few for one window',
    ],
    [
      'no headline of the day',
      () => {
        feed = rss(['Oil slips', `${BEFORE}T15:00:00Z`]);
      },
      `no headline is of ${DAY}, the newest day whose trading is over: those that there are count for ${BEFORE}`,
    ],
    [
      'headlines from after the close alone',
      () => {
        feed = rss(['Shares soar', `${DAY}T22:30:00Z`]);
      },
      `no headline is of ${DAY}`,
    ],
    [
      'an empty feed',
      () => {
        feed = rss();
      },
      'this run reads headlines, and there are none',
    ],
    [
      'a feed that is gone',
      () => {
        source.answer = (asked) =>
          asked.path === '/feed' ? asked.response.writeHead(410).end() : answer(asked);
      },
      'the feed was refused',
    ],
    [
      'a symbol that is unknown',
      () => {
        source.answer = (asked) =>
          asked.path === '/feed' ? answer(asked) : asked.response.writeHead(404).end();
      },
      'Yahoo has no prices of ^DJI',
    ],
  ])('with %s', async (_, change, words) => {
    change();
    const { code, stdout, stderr } = await fromYahoo('--json');
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(JSON.parse(stdout).error).toMatchObject({
      kind: 'input',
      message: expect.stringContaining(words),
    });
    expect(stdout + stderr).not.toContain('SECRET');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('fin-today-'))).toEqual([]);
  });

  it('with headlines that do not reach back', async () => {
    feed = rss(['Factory orders jump', `${DAY}T15:00:00-05:00`]);
    const { code, stderr } = await fromYahoo();
    expect(code).toBe(0);
    expect(stderr).toContain(
      `no headline is from before the close of ${BEFORE}: some of ${DAY} may be missing`,
    );
  });

  it('with a file that has a day too many', async () => {
    vi.setSystemTime(new Date(`${DAY}T17:00:00Z`));
    const { code, stderr } = await today('prices', '--prices', inFolder('market/upload_DJIA_table.csv'));
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`has prices of ${DAY}, whose trading is not over`),
    ]);
  });

  it.each<[string[], string]>([
    [['--feed', 'https://example.org/feed'], '--feed needs --today'],
    [['--from', 'yahoo'], '--from needs --today'],
    [['--symbol', '^GSPC'], '--symbol needs --today'],
    [['--today'], '--today needs prices: either --from yahoo or stooq, or a file with --prices'],
    [['--today', '--from', 'yahoo', '--prices', 'x.csv'], '--today needs prices: either'],
    [['--today', '--from', 'yahoo', '--data', 'market'], 'not from --data'],
    [['--today', '--prices', 'x.csv', '--symbol', '^GSPC'], '--symbol needs --from'],
    [['--today', '--from', 'yahoo', '--feed', 'news.xml'], 'is not the address of a feed'],
    [['--today', '--from', 'yahoo', '--symbol', '../x'], 'is not a symbol'],
  ])('with the options %j', async (args, words) => {
    const { code, stderr } = await runFin('predict', '--run', inFolder('text'), ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(source.requests).toEqual([]);
  });
});
