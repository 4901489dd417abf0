import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import type { FakeSource } from '@fin/testkit/fake-source';
import { startFakeSource } from '@fin/testkit/fake-source';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runFin } from './run-fin.js';

const PRICES = 'Date,Open,High,Low,Close,Volume\n2016-06-30,17712.76,17930.61,17711.8,17929.99,133030000\n';
const KEY = 'secretsecret';
const before = process.cwd();
let folder: string;
let source: FakeSource;

beforeAll(async () => {
  source = await startFakeSource();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fin-pull-'));
  process.chdir(folder);
  source.requests.length = 0;
  source.fault = undefined;
  vi.stubEnv('FIN_STOOQ_ENDPOINT', source.url);
  vi.stubEnv('STOOQ_API_KEY', KEY);
  vi.stubEnv('KAGGLE_API_ENDPOINT', source.url);
  vi.stubEnv('KAGGLE_API_TOKEN', KEY);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});
afterAll(() => source.close());

describe('fin data pull prices', () => {
  const pull = (...args: string[]) => runFin('data', 'pull', 'prices', '^DJI', '--from', 'stooq', ...args);
  beforeEach(() => {
    source.answer = ({ send }) => send(PRICES);
  });

  it('writes a file that every command reads, and says where it came from', async () => {
    const { code, stdout } = await pull('--start', '2016-06-30', '--end', '2016-06-30');
    expect([code, stdout]).toEqual([0, 'dji.csv\n^DJI of stooq: 1 days, 2016-06-30 … 2016-06-30\n']);
    expect(readdirSync('.').sort()).toEqual(['dji.csv', 'dji.csv.source.json']);
    expect(JSON.parse(readFileSync('dji.csv.source.json', 'utf8'))).toMatchObject({ source: 'stooq' });
    const described = await runFin('data', 'describe', '--prices', 'dji.csv', '--json');
    expect(JSON.parse(described.stdout).prices).toMatchObject({ days: 1, lastClose: 17929.99 });
    const { stdout: json } = await pull('--out', 'again.csv', '--json');
    expect(JSON.parse(json)).toMatchObject({ file: 'again.csv', days: 1, source: 'stooq', name: '^DJI' });
  });

  it.each<[string, string[], number, string]>([
    ['a file that exists', ['--out', 'mine.csv'], 2, 'mine.csv exists'],
    ['a folder', ['--out', '.'], 2, 'it is a folder'],
    ['a day that is none', ['--start', '2016-02-30'], 2, 'is not a day'],
  ])('refuses %s before any request', async (_, args, expected, words) => {
    writeFileSync('mine.csv', 'mine');
    const { code, stderr } = await pull(...args);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(words)]);
    expect(source.requests).toEqual([]);
    expect(readFileSync('mine.csv', 'utf8')).toBe('mine');
  });

  it('replaces a file when told to', async () => {
    writeFileSync('dji.csv', 'old');
    expect((await pull('--overwrite')).code).toBe(0);
    expect(readFileSync('dji.csv', 'utf8')).toContain('17929.99');
  });

  it('needs a source', async () => {
    const { code, stderr } = await runFin('data', 'pull', 'prices', '^DJI');
    expect([code, stderr]).toEqual([2, expect.stringContaining("required option '--from <source>'")]);
  });

  it.each<[string, number, string]>([
    ['Get your apikey', 2, 'set STOOQ_API_KEY'],
    ['Exceeded the daily hits limit', 1, 'try again tomorrow'],
  ])(
    'tells what to do when the source says %j, as text and as JSON, without the key',
    async (body, expected, words) => {
      source.answer = ({ send }) => send(body);
      const { code, stdout, stderr } = await pull('--json');
      expect(code).toBe(expected);
      expect(stderr).toContain(words);
      expect(JSON.parse(stdout).error.message).toContain(words);
      expect(stdout + stderr).not.toContain(KEY);
      expect(readdirSync('.')).toEqual([]);
    },
  );

  it('tells of each further try', async () => {
    source.fault = ({ count, response }) => {
      if (count > 1) return false;
      response.writeHead(503, { 'retry-after': '0' }).end();
      return true;
    };
    const { code, stderr } = await pull();
    expect(code).toBe(0);
    expect(stderr).toMatch(/note: .* answered 503; trying again in 0 s/);
  });
});

describe('fin data pull kaggle', () => {
  it('names the data set of the study by default, and what to do when it is refused', async () => {
    source.answer = ({ response }) => response.writeHead(403).end(KEY);
    const { code, stdout, stderr } = await runFin('data', 'pull', 'kaggle', '--json');
    expect(code).toBe(2);
    expect(stderr).toContain('aaron7sun/stocknews was refused');
    expect(JSON.parse(stdout).error.kind).toBe('input');
    expect(stdout + stderr).not.toContain(KEY);
    const [{ path, headers }] = source.requests;
    expect(path).toBe('/api/v1/datasets/download/aaron7sun/stocknews');
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(existsSync('stocknews')).toBe(false);
  });

  it('refuses a folder with files before any request', async () => {
    await writeKaggleFiles(syntheticMarket({ days: 60 }), 'stocknews');
    const { code, stderr } = await runFin('data', 'pull', 'kaggle');
    expect([code, stderr]).toEqual([2, expect.stringContaining('stocknews: is not empty')]);
    expect(source.requests).toEqual([]);
  });
});
