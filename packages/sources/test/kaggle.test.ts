import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKaggle, syntheticMarket, writeKaggleFiles } from '@fin/data';
import type { AskedSource } from '@fin/testkit/fake-source';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Limits } from '../src/http/limits.js';
import type { PullKaggleOptions } from '../src/index.js';
import { pullKaggleWith } from '../src/kaggle/pull-kaggle.js';
import type { ZipMember } from './make-zip.js';
import { makeZip } from './make-zip.js';
import { failureOf, lastingFailures, passingFailures, sourceBench } from './source-bench.js';

const at = sourceBench();
const KEY = 'kagglesecretkey';
const NEWS = 'Combined_News_DJIA.csv';
const PRICES = 'upload_DJIA_table.csv';
const MiB = 2 ** 20;

let members: ZipMember[];
let archive: Buffer;
/** What the store sends. */
let stored: Buffer;

const storeHeaders = (content: Buffer) => ({
  etag: '"1"',
  'x-goog-hash': `crc32c=n03x6A==,md5=${createHash('md5').update(content).digest('base64')}`,
});

beforeAll(async () => {
  const market = syntheticMarket({ days: 60, headlinesPerDay: 2 });
  const folder = mkdtempSync(join(tmpdir(), 'fin-market-'));
  await writeKaggleFiles(market, folder);
  const prices = readFileSync(join(folder, PRICES));
  // Random texts keep the archive large.
  const reddit = Buffer.concat([Buffer.from('Date,News\n'), incompressible(3 * MiB)]);
  members = [
    { name: NEWS, content: readFileSync(join(folder, NEWS)) },
    { name: PRICES, content: prices },
    { name: 'RedditNews.csv', content: reddit },
  ];
  archive = makeZip(members);
  rmSync(folder, { recursive: true });
});

function incompressible(length: number): Buffer {
  const block = (i: number) => createHash('sha256').update(String(i)).digest('base64');
  return Buffer.from(Array.from({ length: Math.ceil(length / 45) }, (_, i) => `${block(i)}\n`).join(''));
}

beforeEach(() => {
  stored = archive;
  at.source.answer = ({ response }) =>
    response
      .writeHead(302, { location: `${at.source.elsewhere}/bucket/archive.zip?X-Goog-Signature=SECRET` })
      .end();
  at.source.answerElsewhere = ({ send }) => send(stored, { headers: storeHeaders(stored) });
});

const pull = (
  { limits, env, ...options }: Partial<PullKaggleOptions> & { readonly limits?: Partial<Limits> } = {},
  dataset = 'aaron7sun/stocknews',
) =>
  pullKaggleWith({ ...at.limits, ...limits }, dataset, {
    out: at.path('stocknews'),
    env: {
      HOME: at.folder,
      KAGGLE_API_ENDPOINT: at.source.url,
      KAGGLE_USERNAME: 'me',
      KAGGLE_KEY: KEY,
      ...env,
    },
    onNote: (text) => at.notes.push(text),
    ...options,
  });

const fromStore = () => at.source.requests.filter(({ where }) => where === 'elsewhere');

/** Spoils what the store sends, the first `times` times. */
function spoil(answer: (asked: AskedSource) => void, times = Number.POSITIVE_INFINITY): void {
  at.source.fault = (asked) => {
    if (asked.where !== 'elsewhere' || asked.count > times) return false;
    answer(asked);
    return true;
  };
}

describe('a data set', () => {
  it('is unpacked into a folder that loadKaggle takes as it is, with where it came from', async () => {
    const progress: [number, number | null][] = [];
    const pulled = await pull({ onProgress: (done, total) => progress.push([done, total]) });
    expect(pulled.files.map(({ path }) => path)).toEqual([NEWS, PRICES, 'RedditNews.csv']);
    expect(at.files()).toEqual(
      [
        'stocknews',
        ...[NEWS, 'RedditNews.csv', 'fin-source.json', PRICES].map((name) => join('stocknews', name)),
      ].sort(),
    );
    expect((await loadKaggle({ dir: at.path('stocknews') })).prices.numRows()).toBe(60);
    const record = JSON.parse(at.read('stocknews/fin-source.json'));
    expect(record).toMatchObject({ source: 'kaggle', name: 'aaron7sun/stocknews' });
    expect(record.address).toBe(`${at.source.url}/api/v1/datasets/download/aaron7sun/stocknews`);
    expect(record.sha256).toBe(createHash('sha256').update(archive).digest('hex'));
    expect(JSON.stringify(record)).not.toMatch(/SECRET|kagglesecretkey/);
    expect(progress.at(-1)).toEqual([archive.length, archive.length]);
  });

  it('of another name may have any tables, in folders, at a version', async () => {
    stored = makeZip([
      { name: 'a/', content: '', mode: 0o040755 },
      { name: 'a/one (1).csv', content: 'x' },
      { name: 'README.md', content: 'y' },
    ]);
    const { files } = await pull({}, 'some-one/prices/versions/3');
    expect(files).toEqual([
      { path: 'a/one (1).csv', size: 1 },
      { path: 'README.md', size: 1 },
    ]);
    expect(at.source.requests[0]).toMatchObject({
      path: '/api/v1/datasets/download/some-one/prices',
      query: { dataset_version_number: '3' },
    });
  });

  it('that is no market is refused', async () => {
    stored = makeZip(
      members.map((member) => (member.name === NEWS ? { ...member, content: 'Date,Top1\n' } : member)),
    );
    const { error } = await failureOf(pull());
    expect(error).toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(
        /cannot be read as headlines and prices, and nothing was written: .*Combined_News/,
      ),
    });
    expect(error.message).not.toContain(at.folder);
    expect(at.files()).toEqual([]);
  });

  it.each(['x', '../x/y', 'a/b?c=d', 'a/b/versions/x', 'https://kaggle.com/a/b'])(
    'named %j is refused before any request',
    async (name) => {
      await expect(pull({}, name)).rejects.toMatchObject({
        kind: 'input',
        message: expect.stringContaining('is not the name'),
      });
      expect(at.source.requests).toEqual([]);
    },
  );

  it('never goes into a folder with files', async () => {
    mkdirSync(at.path('stocknews'));
    writeFileSync(at.path('stocknews/mine.txt'), '');
    await expect(pull()).rejects.toThrow(/stocknews: is not empty \(there is "mine.txt"\)/);
    expect(at.source.requests).toEqual([]);
  });
});

describe('credentials', () => {
  const basic = `Basic ${Buffer.from(`me:${KEY}`).toString('base64')}`;
  const none = { KAGGLE_USERNAME: '', KAGGLE_KEY: '' };
  const inFolder = (name: string, text: string) => {
    mkdirSync(at.path('.kaggle'), { recursive: true });
    writeFileSync(at.path(`.kaggle/${name}`), text);
  };

  it.each<[string, Record<string, string>, Record<string, string>, string | undefined]>([
    ['the variables', {}, {}, basic],
    ['kaggle.json', none, { 'kaggle.json': JSON.stringify({ username: 'me', key: KEY }) }, basic],
    ['the file of a token', none, { access_token: `${KEY}\n` }, `Bearer ${KEY}`],
    [
      'the variable of a token, before all others',
      { KAGGLE_API_TOKEN: KEY },
      { access_token: 'other' },
      `Bearer ${KEY}`,
    ],
    ['nowhere, as for public data sets', none, {}, undefined],
  ])('come from %s, and go to Kaggle alone', async (_, env, files, expected) => {
    for (const [name, text] of Object.entries(files)) inFolder(name, text);
    await pull({ env });
    const [api, store] = at.source.requests;
    expect([api.where, api.headers.authorization]).toEqual(['source', expected]);
    expect([store.where, store.headers.authorization]).toEqual(['elsewhere', undefined]);
  });

  it('come from another folder', async () => {
    writeFileSync(at.path('kaggle.json'), JSON.stringify({ username: 'me', key: KEY }));
    await pull({ env: { ...none, KAGGLE_CONFIG_DIR: at.folder } });
    expect(at.source.requests[0].headers.authorization).toBe(basic);
  });

  it.each([
    ['is not JSON', `{"username": "me", "key": "${KEY}"`],
    ['has no "username" and "key"', `{"user": "${KEY}"}`],
    ['has no "username" and "key"', `["${KEY}"]`],
    ['has no "username" and "key"', 'null'],
    ['have spaces', JSON.stringify({ username: 'me', key: `${KEY}\n` })],
  ])('in a file that %s are refused without being shown', async (words, text) => {
    inFolder('kaggle.json', text);
    const { error, said } = await failureOf(pull({ env: none }));
    expect(error).toMatchObject({ kind: 'input', message: expect.stringContaining(words) });
    expect(error.message).toContain('kaggle.json');
    expect(said).not.toContain(KEY);
    expect(at.source.requests).toEqual([]);
  });

  it.each<[number, Record<string, string>, RegExp]>([
    [401, {}, /your credentials are not valid any more, or you have to accept its terms/],
    [403, {}, /there is no such data set, your credentials/],
    [
      403,
      none,
      /refused without credentials .* put its kaggle\.json into .*\.kaggle, or set KAGGLE_USERNAME and KAGGLE_KEY/,
    ],
    [404, {}, /there is no data set aaron7sun\/stocknews on Kaggle/],
  ])('that are answered with %i are told what to do', async (status, env, words) => {
    at.source.fault = ({ response }) => {
      response.writeHead(status).end(`SECRET ${KEY}`);
      return true;
    };
    const { error, said } = await failureOf(pull({ env }));
    expect(error).toMatchObject({ kind: 'input', message: expect.stringMatching(words) });
    expect(said).not.toMatch(/SECRET|kagglesecretkey/);
    expect(at.source.requests).toHaveLength(1);
    expect(at.files()).toEqual([]);
  });
});

describe('a server', () => {
  it.each(passingFailures)(
    'that $name is asked again, and given up in the end',
    async ({ fault, words, limits }) => {
      spoil((asked) => fault(asked, at), 2);
      await pull({ limits });
      expect(at.notes).toHaveLength(2);
      spoil((asked) => fault(asked, at));
      const { error, said } = await failureOf(pull({ limits, out: at.path('other') }));
      expect(error).toMatchObject({ kind: 'environment', message: expect.stringMatching(words) });
      expect(said + at.notes.join()).not.toMatch(/SECRET|kagglesecretkey/);
      expect(at.files().filter((name) => !name.startsWith('stocknews'))).toEqual([]);
    },
  );

  it.each(lastingFailures)('that $name is given up', async ({ fault, words }) => {
    at.source.fault = (asked) => {
      fault(asked, at);
      return true;
    };
    const { error, said } = await failureOf(pull());
    expect(error.kind).toBe('environment');
    if (!words.source.includes('416')) expect(error.message).toMatch(words);
    expect(said).not.toMatch(/SECRET|kagglesecretkey/);
    expect(at.files()).toEqual([]);
  });

  it('whose links have ended is asked for another link', async () => {
    spoil(({ response }) => response.writeHead(403).end(), 1);
    await pull();
    expect(at.source.requests.map(({ where }) => where)).toEqual([
      'source',
      'elsewhere',
      'source',
      'elsewhere',
    ]);
  });
});

describe('an archive', () => {
  it('that was cut goes on where it was, if it is still the same', async () => {
    spoil(({ send }) => send(stored, { until: 2 * MiB, headers: storeHeaders(stored) }), 1);
    await pull();
    const [first, second] = fromStore().map(({ headers }) => headers);
    expect(first.range).toBeUndefined();
    expect(second).toMatchObject({ range: expect.stringMatching(/^bytes=\d{7}-$/), 'if-range': '"1"' });
  });

  it('that has changed since it was cut is fetched from its beginning', async () => {
    const other = makeZip(members.slice(0, 2));
    spoil(({ count, send, request }) => {
      if (count === 1) return send(archive, { until: 2 * MiB, headers: storeHeaders(archive) });
      delete request.headers.range; // as a server does when the mark does not fit
      send(other, { headers: { ...storeHeaders(other), etag: '"2"' } });
    });
    expect((await pull()).files).toHaveLength(2);
  });

  it('of a server without marks is fetched from its beginning', async () => {
    const headers = { etag: 'W/"1"' };
    spoil(({ count, send }) => send(stored, { until: count === 1 ? 2 * MiB : stored.length, headers }));
    await pull();
    expect(fromStore().map(({ headers: { range } }) => range)).toEqual([undefined, undefined]);
  });

  it('with another md5 than its server says is fetched again, and given up the second time', async () => {
    const headers = storeHeaders(archive);
    const damaged = Buffer.from(archive);
    damaged[100] ^= 1;
    spoil(({ send }) => send(damaged, { headers }), 1);
    await pull();
    expect(at.notes).toEqual([expect.stringContaining('is not what its server says; trying again')]);
    spoil(({ send }) => send(damaged, { headers }));
    const { error } = await failureOf(pull({ out: at.path('other') }));
    expect(error.message).toMatch(
      /is not what its server says \(md5 [0-9a-f]{32}\), 2 times: a mirror or proxy changes it/,
    );
    expect(at.files().filter((name) => !name.startsWith('stocknews'))).toEqual([]);
  });

  const csv = (name: string, changes: Partial<ZipMember> = {}): ZipMember => ({
    name,
    content: 'a,b\n',
    ...changes,
  });

  it.each<[string, () => Buffer, string, RegExp]>([
    ['a page', () => Buffer.from('<html>log in</html>'), 'environment', /is no zip archive, or is damaged/],
    ['nothing', () => Buffer.alloc(0), 'environment', /is no zip archive/],
    [
      'cut without a word',
      () => makeZip([csv('a.csv')]).subarray(0, -30),
      'environment',
      /is no zip archive, or is damaged/,
    ],
    ['empty', () => makeZip([]), 'input', /it is empty/],
    [
      'with a wrong checksum',
      () => makeZip([csv('a.csv', { crc32: 1 })]),
      'environment',
      /checksum of a\.csv is wrong/,
    ],
    ['with a wrong size', () => makeZip([csv('a.csv', { size: 2 })]), 'environment', /is damaged/],
    ['with a way out', () => makeZip([csv('../../evil.csv')]), 'environment', /invalid relative path/],
    ['with an absolute path', () => makeZip([csv('/etc/evil.csv')]), 'environment', /absolute path/],
    [
      'with a path of Windows',
      () => makeZip([csv('a\\..\\evil.csv')]),
      'environment',
      /invalid characters in fileName/,
    ],
    [
      'with a hidden file',
      () => makeZip([csv('.bashrc.csv')]),
      'input',
      /"\.bashrc\.csv" is not a plain file name/,
    ],
    [
      'with a control character',
      () => makeZip([csv('a\u001b[2J.csv')]),
      'input',
      /"a\\u001b\[2J\.csv" is not a plain/,
    ],
    [
      'with a name that Windows reserves',
      () => makeZip([csv('aux.csv')]),
      'input',
      /is not a plain file name/,
    ],
    [
      'with a link',
      () => makeZip([csv('a.csv', { mode: 0o120777 })]),
      'input',
      /"a\.csv" is a link or a device/,
    ],
    ['with a device', () => makeZip([csv('a.csv', { mode: 0o020666 })]), 'input', /is a link or a device/],
    ['with a lock', () => makeZip([csv('a.csv', { encrypted: true })]), 'input', /is encrypted/],
    ['with a program', () => makeZip([csv('a.csv'), csv('run.sh')]), 'input', /"run\.sh" is not expected/],
    ['with a name twice', () => makeZip([csv('a.csv'), csv('A.csv')]), 'input', /"A\.csv" is there twice/],
    [
      'with a file that is too large',
      () => makeZip([csv('a.csv', { size: 2 ** 29 })]),
      'input',
      /has more than 268435456 bytes/,
    ],
    [
      'that is too large unpacked',
      () => makeZip(Array.from({ length: 9 }, (_, i) => csv(`${i}.csv`, { size: 2 ** 28 }))),
      'input',
      /unpacked it has 2415919104 bytes, more than 2147483648/,
    ],
    [
      'with too many files',
      () => makeZip(Array.from({ length: 1001 }, (_, i) => csv(`${i}.csv`))),
      'input',
      /more than 1000/,
    ],
    [
      'that says less than it holds',
      () => makeZip([csv('a.csv', { content: Buffer.alloc(4 * MiB), size: 10 })]),
      'environment',
      /is damaged/,
    ],
  ])('%s is refused, and nothing is written', async (_, make, kind, words) => {
    stored = make();
    const { error } = await failureOf(pull({}, 'some-one/tables'));
    expect(error).toMatchObject({ kind, message: expect.stringMatching(words) });
    expect(at.files()).toEqual([]);
  });

  it('of the news with any other file is refused', async () => {
    stored = makeZip([...members, csv('SYNTHETIC.json')]);
    await expect(pull()).rejects.toThrow(
      /"SYNTHETIC\.json" is not expected\. .* are expected: Combined_News_DJIA\.csv, /,
    );
    expect(at.files()).toEqual([]);
  });

  it('is stopped by its signal, and nothing is left', async () => {
    const controller = new AbortController();
    const stopped = pull({
      signal: controller.signal,
      onProgress: (done) => {
        if (done > MiB) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(at.files()).toEqual([]);
  });
});
