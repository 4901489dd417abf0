import { loadPrices } from '@fin/data';
import type { AskedSource } from '@fin/testkit/fake-source';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Limits } from '../src/http/limits.js';
import type { PullPricesOptions } from '../src/index.js';
import { pullPricesWith } from '../src/prices/pull-prices.js';
import { failureOf, lastingFailures, passingFailures, sourceBench } from './source-bench.js';

const at = sourceBench();
const KEY = 'stooqsecretkey';

const STOOQ = `Date,Open,High,Low,Close,Volume\r
2016-06-28,17190.51,17409.72,17190.51,17409.72,112190000\r
2016-06-29,17456.02,17704.51,17456.02,17694.68,106380000\r
2016-06-30,17712.76,17930.61,17711.8,17929.99,133030000\r
2016-07-01,17924.24,18002.38,17916.91,17949.37,82160000\r
`;

/** As Yahoo answers: days as the seconds of the opening in New York, 13:30 UTC. */
const chart = (changes: object = {}, meta: object = {}) => ({
  chart: {
    result: [
      {
        meta: { currency: 'USD', symbol: '^DJI', exchangeTimezoneName: 'America/New_York', ...meta },
        timestamp: ['28', '29', '30'].map((day) => Date.parse(`2016-06-${day}T13:30:00Z`) / 1000),
        indicators: {
          quote: [
            {
              open: [17190.509765625, 17456.01953125, 17712.759765625],
              high: [17409.720703125, 17704.509765625, 17930.609375],
              low: [17190.509765625, 17456.01953125, 17711.80078125],
              close: [17409.720703125, 17694.6796875, 17929.990234375],
              volume: [112190000, 106380000, 133030000],
            },
          ],
          adjclose: [{ adjclose: [17409.720703125, 17694.6796875, 17929.990234375] }],
        },
        ...changes,
      },
    ],
    error: null,
  },
});

const answers = {
  stooq: ({ send }: AskedSource) => send(STOOQ),
  yahoo: ({ send }: AskedSource) => send(JSON.stringify(chart())),
};

const pull = (
  { limits, ...options }: Partial<PullPricesOptions> & { readonly limits?: Partial<Limits> } = {},
  symbol = '^DJI',
) =>
  pullPricesWith({ ...at.limits, ...limits }, symbol, {
    from: 'stooq',
    out: at.path('dji.csv'),
    env: { FIN_STOOQ_ENDPOINT: at.source.url, FIN_YAHOO_ENDPOINT: at.source.url, STOOQ_API_KEY: KEY },
    onNote: (text) => at.notes.push(text),
    ...options,
  });

beforeEach(() => {
  at.source.answer = answers.stooq;
});

describe('prices of Stooq', () => {
  it('are a file that loadPrices takes as it is, with where it came from beside it', async () => {
    const pulled = await pull({ start: '2016-06-29', end: '2016-06-30' });
    expect(pulled).toMatchObject({ days: 2, first: '2016-06-29', last: '2016-06-30', source: 'stooq' });
    const { prices, warnings } = await loadPrices(pulled.file);
    expect(prices.array('date')).toEqual(['2016-06-29', '2016-06-30']);
    expect(Array.from(prices.array('close') as number[])).toEqual([17694.68, 17929.99]);
    expect(warnings).toEqual([]);
    expect(at.files()).toEqual(['dji.csv', 'dji.csv.source.json']);
    const record = JSON.parse(at.read('dji.csv.source.json'));
    expect(record).toMatchObject({ source: 'stooq', name: '^DJI', sha256: pulled.sha256 });
    expect(record.address).toBe(`${at.source.url}/q/d/l/?s=%5Edji&i=d&d1=20160629&d2=20160630`);
    expect(Date.now() - Date.parse(record.fetchedAt)).toBeLessThan(60_000);
    expect(at.source.requests[0].query).toEqual({
      s: '^dji',
      i: 'd',
      d1: '20160629',
      d2: '20160630',
      apikey: KEY,
    });
    expect(JSON.stringify(record)).not.toContain(KEY);
  });

  it.each([
    [
      'want a key',
      'Get your apikey: open ...',
      'input',
      /wants a key\. Open .*get_apikey, and set STOOQ_API_KEY/,
    ],
    ['are used up for a day', 'Exceeded the daily hits limit', 'environment', /try again tomorrow/],
    ['are none', 'No data', 'input', /has no prices of \^DJI on these days: check the symbol/],
    ['are a page', '<html>SECRET</html>', 'environment', /something else than prices/],
    ['are a header alone', 'Date,Open,High,Low,Close,Volume\n', 'input', /has no prices of \^DJI/],
    [
      'are of other days',
      'Date,Open,High,Low,Close\n1999-01-04,1,2,1,2\n',
      'input',
      /has no prices/,
      '2016-01-01',
    ],
  ])('that %s are told apart', async (_, body, kind, words, start?: string) => {
    at.source.answer = ({ send }) => send(body);
    const { error, said } = await failureOf(pull(start === undefined ? {} : { start }));
    expect(error).toMatchObject({ kind, message: expect.stringMatching(words) });
    expect(said).not.toContain('SECRET');
    expect(at.source.requests).toHaveLength(1);
    expect(at.files()).toEqual([]);
  });

  it.each([
    ['end within a line', STOOQ.slice(0, -20), 'end within a line'],
    ['have a line of another kind', STOOQ.replace('2016-06-29', '<script>'), 'line 3 .* is damaged'],
    ['lack a cell', STOOQ.replace(',17694.68,', ','), 'line 3 .* is damaged'],
  ])('that %s are fetched again', async (_, body, words) => {
    at.source.answer = ({ count, send }) => send(count === 1 ? body : STOOQ);
    expect(await pull()).toMatchObject({ days: 4 });
    expect(at.notes).toEqual([expect.stringMatching(`${words}; trying again`)]);
    at.source.answer = ({ send }) => send(body);
    const { error } = await failureOf(pull({ overwrite: true }));
    expect(error.message).toMatch(new RegExp(`${words}, the last of 5 tries`));
    expect(await loadPrices(at.path('dji.csv'))).toMatchObject({ report: { rows: 4 } });
  });

  it('that no command could read are refused', async () => {
    at.source.answer = ({ send }) => send(STOOQ.replace('17694.68', '-5'));
    const { error } = await failureOf(pull());
    expect(error).toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(
        /cannot be used, and nothing was written: the answer, line 3, column "Close": .*-5/,
      ),
    });
    expect(at.files()).toEqual([]);
  });
});

describe('prices of Yahoo', () => {
  beforeEach(() => {
    at.source.answer = answers.yahoo;
  });

  it('are a file that loadPrices takes as it is', async () => {
    const { file, days } = await pull({ from: 'yahoo', start: '2016-06-28', end: '2016-06-30' });
    expect(days).toBe(3);
    expect(at.read('dji.csv').split('\n').slice(0, 2)).toEqual([
      'Date,Open,High,Low,Close,Adj Close,Volume',
      '2016-06-28,17190.509765625,17409.720703125,17190.509765625,17409.720703125,17409.720703125,112190000',
    ]);
    const { prices, report } = await loadPrices(file);
    expect(prices.array('date')).toEqual(['2016-06-28', '2016-06-29', '2016-06-30']);
    expect(report.assumptions).toEqual([]);
    const [{ path, query, headers }] = at.source.requests;
    expect(decodeURIComponent(path)).toBe('/v8/finance/chart/^DJI');
    expect(query).toMatchObject({ interval: '1d', period1: '1466985600', period2: '1467417600' });
    expect(headers['user-agent']).toMatch(/^Mozilla\/5\.0/);
  });

  it('have the days of their exchange, without rows that have no close, and each day once', async () => {
    const seconds = (text: string) => Date.parse(text) / 1000;
    const timestamp = ['2016-06-28T00:00:00Z', '2016-06-29T00:00:00Z', '2016-06-29T06:00:00Z'].map(seconds);
    const quote = [
      { close: [15323.13, 15500, 15566.83], open: [15163.13, null, 15518.87], volume: [null, 1, 2] },
    ];
    at.source.answer = ({ send }) =>
      send(
        JSON.stringify(chart({ timestamp, indicators: { quote } }, { exchangeTimezoneName: 'Asia/Tokyo' })),
      );
    await pull({ from: 'yahoo' }, '^N225');
    expect(at.read('dji.csv')).toBe(
      'Date,Open,Close,Volume\n2016-06-28,15163.13,15323.13,\n2016-06-29,15518.87,15566.83,2\n',
    );
    at.source.answer = ({ send }) =>
      send(JSON.stringify(chart({ timestamp, indicators: { quote: [{ close: [1, null, null] }] } })));
    expect(await pull({ from: 'yahoo', overwrite: true })).toMatchObject({ days: 1, first: '2016-06-27' });
  });

  it.each<[string, string, string, RegExp]>([
    ['a page', '<html>SECRET</html>', 'environment', /something else than prices/],
    [
      'other JSON',
      '{"finance": {"result": null, "error": "SECRET"}}',
      'environment',
      /something else than prices/,
    ],
    ['columns of other lengths', JSON.stringify(chart({ timestamp: [1] })), 'environment', /something else/],
    [
      'a zone that does not exist',
      JSON.stringify(chart({}, { exchangeTimezoneName: 'Mars' })),
      'environment',
      /else/,
    ],
    [
      'no days',
      JSON.stringify(chart({ timestamp: undefined, indicators: { quote: [{}] } })),
      'input',
      /no prices/,
    ],
  ])('that are %s are refused at once', async (_, body, kind, words) => {
    at.source.answer = ({ send }) => send(body);
    const { error, said } = await failureOf(pull({ from: 'yahoo' }));
    expect(error).toMatchObject({ kind, message: expect.stringMatching(words) });
    expect(said).not.toContain('SECRET');
    expect(at.source.requests).toHaveLength(1);
    expect(at.files()).toEqual([]);
  });

  it('that are cut are fetched again', async () => {
    at.source.answer = ({ count, send }) =>
      send(JSON.stringify(chart()).slice(0, count === 1 ? 300 : undefined));
    expect(await pull({ from: 'yahoo' })).toMatchObject({ days: 3 });
    expect(at.notes).toEqual([expect.stringContaining('are cut or damaged; trying again')]);
  });
});

describe.each(['stooq', 'yahoo'] as const)('a server of %s', (from) => {
  beforeEach(() => {
    at.source.answer = answers[from];
  });

  it.each(passingFailures)(
    'that $name is asked again, and given up in the end',
    async ({ fault, words, tries, limits }) => {
      at.source.fault = (asked) => {
        if (asked.count > 2) return false;
        fault(asked, at);
        return true;
      };
      await pull({ from, limits });
      expect(at.notes).toHaveLength(2);
      at.source.requests.length = 0;
      at.source.fault = (asked) => {
        fault(asked, at);
        return true;
      };
      const { error, said } = await failureOf(pull({ from, limits, out: at.path('other.csv') }));
      expect(error).toMatchObject({ kind: 'environment', message: expect.stringMatching(words) });
      expect(at.source.requests).toHaveLength(tries);
      expect(said + at.notes.join()).not.toMatch(/SECRET|stooqsecretkey/);
      expect(at.files()).toEqual(['dji.csv', 'dji.csv.source.json']);
    },
  );

  it.each(lastingFailures)('that $name is given up at once', async ({ fault, words, tries }) => {
    at.source.fault = (asked) => {
      fault(asked, at);
      return true;
    };
    const { error, said } = await failureOf(pull({ from }));
    expect(error).toMatchObject({ kind: 'environment', message: expect.stringMatching(words) });
    expect(at.source.requests).toHaveLength(tries);
    expect(said).not.toMatch(/SECRET|stooqsecretkey/);
    expect(at.files()).toEqual([]);
  });

  it.each<[number, string, RegExp]>(
    from === 'stooq'
      ? [
          [401, 'input', /answered 401\): it wants a key/],
          [403, 'input', /answered 403\): it wants a key/],
          [404, 'environment', /no prices at this address any more/],
        ]
      : [
          [401, 'environment', /Yahoo refused \^DJI .* Take --from stooq/],
          [403, 'environment', /does not serve every country/],
          [404, 'input', /Yahoo has no prices of \^DJI on these days: check the symbol/],
          [422, 'input', /no prices of \^DJI on these days \(.*\): check the days/],
        ],
  )('that answers %i is told once, with what to do', async (code, kind, words) => {
    at.source.fault = ({ response }) => {
      response.writeHead(code).end('SECRET');
      return true;
    };
    const { error, said } = await failureOf(pull({ from }));
    expect(error).toMatchObject({ kind, message: expect.stringMatching(words) });
    expect(at.source.requests).toHaveLength(1);
    expect(said).not.toMatch(/SECRET|stooqsecretkey/);
    expect(at.files()).toEqual([]);
  });

  it('is given the time that it asks for', async () => {
    at.source.fault = ({ count, response }) => {
      if (count > 1) return false;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    };
    const started = performance.now();
    await pull({ from });
    expect(performance.now() - started).toBeGreaterThan(1000);
    at.source.fault = ({ response }) => {
      response.writeHead(429, { 'retry-after': '86400' }).end();
      return true;
    };
    await expect(pull({ from, overwrite: true })).rejects.toThrow(
      /answered 429 and asks to wait 86400 s: try again later/,
    );
  });

  it('that sends slowly is waited for, but not for ever', async () => {
    const drip = (everyMs: number) => (asked: AskedSource) => {
      const bytes = Buffer.from(from === 'stooq' ? STOOQ : JSON.stringify(chart()));
      asked.response.writeHead(200, { 'content-length': bytes.length });
      let sent = 0;
      const timer = setInterval(() => {
        asked.response.write(bytes.subarray(sent, sent + 50));
        sent += 50;
        if (sent < bytes.length && !asked.response.destroyed) return;
        clearInterval(timer);
        asked.response.end();
      }, everyMs);
      return true;
    };
    at.source.fault = drip(20);
    await pull({ from });
    expect(at.notes).toEqual([]);
    at.source.fault = drip(100);
    await expect(pull({ from, overwrite: true, limits: { wholeMs: 300, retries: 1 } })).rejects.toThrow(
      'had not sent all after 0.3 s, the last of 2 tries',
    );
  });

  it('that redirects is followed, and no key goes along', async () => {
    at.source.answer = ({ response }) =>
      response.writeHead(302, { location: `${at.source.elsewhere}/prices` }).end();
    at.source.answerElsewhere = answers[from];
    await pull({ from });
    const [, other] = at.source.requests;
    expect(other.where).toBe('elsewhere');
    expect(JSON.stringify([other.path, other.query, other.headers])).not.toContain(KEY);
    expect(other.headers).not.toHaveProperty('referer');
  });
});

describe('a day that is not over', () => {
  it.each([
    ['2016-07-01T20:29:00Z', '2016-06-30'],
    ['2016-07-01T20:31:00Z', '2016-07-01'],
  ])('at %s is left out', async (now, last) => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(now) });
    try {
      expect(await pull()).toMatchObject({ last });
      expect(await pull({ end: '2016-07-01', overwrite: true })).toMatchObject({ last });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a call that is wrong', () => {
  it.each<[string, Partial<PullPricesOptions>, string, RegExp]>([
    ['a symbol that is none', {}, '../x?y', /"\.\.\/x\?y" is not a symbol/],
    ['a day that is none', { start: '2016-02-30' }, '^DJI', /the start "2016-02-30" is not a day/],
    ['days in the wrong order', { start: '2016-07-01', end: '2016-06-01' }, '^DJI', /is after 2016-06-01/],
    [
      'an address that is none',
      { env: { FIN_STOOQ_ENDPOINT: 'x' } },
      '^DJI',
      /FIN_STOOQ_ENDPOINT is not an address/,
    ],
    [
      'an address with a password',
      { env: { FIN_STOOQ_ENDPOINT: 'https://me:secret@x' } },
      '^DJI',
      /^FIN_STOOQ_ENDPOINT has a user name or password in it: leave them out$/,
    ],
  ])('with %s is refused before any request', async (_, options, symbol, words) => {
    const { error } = await failureOf(pull(options, symbol));
    expect(error).toMatchObject({ kind: 'input', message: expect.stringMatching(words) });
    expect(at.source.requests).toEqual([]);
  });

  it('never replaces a file unless it is told to', async () => {
    await pull();
    const before = at.read('dji.csv');
    at.source.answer = ({ send }) => send(STOOQ.split('\r\n').slice(0, 3).join('\r\n').concat('\r\n'));
    await expect(pull()).rejects.toThrow(/dji\.csv exists: choose another file/);
    expect(at.read('dji.csv')).toBe(before);
    expect(await pull({ overwrite: true })).toMatchObject({ days: 2 });
  });

  it('is stopped by its signal, and writes nothing', async () => {
    at.source.fault = ({ response }) => {
      response.writeHead(503, { 'retry-after': '2' }).end();
      return true;
    };
    await expect(pull({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(at.files()).toEqual([]);
  });
});
