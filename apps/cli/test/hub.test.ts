import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import type { FakeHub } from '@fin/testkit/fake-hub';
import { startFakeHub } from '@fin/testkit/fake-hub';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runFin } from './run-fin.js';
import { writeTinyBank, writeTinyBert } from './tiny-bert.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-models-'));
const inFolder = (name: string) => join(folder, name);
const MODEL = 'org/tiny-bert';
const COMMIT = '0123456789'.repeat(4);
const TOKEN = 'hf_secretsecret';
const snapshot = () => join(inFolder('hub'), 'models--org--tiny-bert/snapshots', COMMIT);
let hub: FakeHub;

beforeAll(async () => {
  await writeTinyBert(inFolder('model'), ['negative', 'neutral', 'positive']);
  await writeKaggleFiles(
    syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2 }),
    inFolder('market'),
  );
  writeTinyBank(inFolder('bank.txt'));
  hub = await startFakeHub();
  const files = readdirSync(inFolder('model')).map((name) => [
    name,
    { content: readFileSync(join(inFolder('model'), name)), large: name.endsWith('.safetensors') },
  ]);
  hub.addModel(MODEL, { commit: COMMIT, files: Object.fromEntries(files) });
});
beforeEach(() => {
  hub.fault = undefined;
  hub.requests.length = 0;
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_HUB_CACHE', inFolder('hub'));
  vi.stubEnv('HF_TOKEN', TOKEN);
  vi.stubEnv('HF_HUB_OFFLINE', '');
  vi.stubEnv('TRANSFORMERS_OFFLINE', '');
  vi.stubEnv('FIN_CACHE_DIR', inFolder('cache')); // TensorFlow is loaded already
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

const sourceOf = (run: string) => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).source;

describe('fin model pull', () => {
  it('says how to fetch a model that is missing, without the network', async () => {
    for (const args of [
      ['model', 'info', MODEL],
      ['sentiment', 'evaluate', '--model', MODEL, '--data', inFolder('bank.txt')],
      ['train', '--data', inFolder('market'), '--model', MODEL, '--run', inFolder('never')],
      ['model', 'pull', MODEL, '--offline'],
    ]) {
      const { code, stderr } = await runFin(...args);
      expect(code).toBe(2);
      expect(stderr).toContain(`${MODEL} is not in the hub cache ${inFolder('hub')}`);
    }
    const { stderr } = await runFin('model', 'info', MODEL);
    expect(stderr).toContain(`there is no folder ${MODEL}, and`);
    expect(stderr).toContain(`fin model pull ${MODEL}`);
    expect(hub.requests).toEqual([]);
  });

  it('fetches a model, tells people and machines, and fetches nothing again', async () => {
    const { code, stdout, stderr } = await runFin('model', 'pull', MODEL, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ name: MODEL, revision: 'main', commit: COMMIT, dir: snapshot() });
    expect(result.files.map(({ path }: { path: string }) => path)).toContain('model.safetensors');
    expect(stderr).toContain(`commit ${COMMIT}`);
    const again = await runFin('model', 'pull', MODEL, '--revision', 'main');
    expect(again.stdout).toContain(`${MODEL}, main = commit ${COMMIT}`);
    expect(again.stdout).toContain('fetched 0 bytes');
    const offline = await runFin('model', 'pull', MODEL, '--offline', '--json');
    expect(JSON.parse(offline.stdout)).toMatchObject({ dir: snapshot(), commit: COMMIT });
  });

  it.each<[string, string[], number, string, number]>([
    ['a name that is none', ['../x'], 2, 'is not the name of a model on the hub', 200],
    ['a revision that is none', [MODEL, '--revision', '../x'], 2, 'is not a revision', 200],
    [
      'a model that is not there',
      ['org/other'],
      2,
      'there is no such model, or your token may not read it',
      200,
    ],
    ['a revision that is not there', [MODEL, '--revision', 'v9'], 2, `${MODEL} has no revision v9`, 200],
    ['a server that refuses', [MODEL], 1, 'answered 418', 418],
  ])('names %s, and never the token', async (_, args, expected, words, status) => {
    hub.fault = ({ response }) => {
      if (status === 200) return false;
      response.writeHead(status).end(TOKEN);
      return true;
    };
    const { code, stdout, stderr } = await runFin('model', 'pull', ...args, '--json');
    expect(code).toBe(expected);
    expect(stderr).toContain(words);
    expect(JSON.parse(stdout).error.message).toContain(words);
    expect(stdout + stderr).not.toContain(TOKEN);
  });

  it('tells of each further try', async () => {
    hub.fault = ({ response }) => {
      if (hub.requests.length > 1) return false;
      response.writeHead(503, { 'retry-after': '0' }).end();
      return true;
    };
    const { code, stderr } = await runFin('model', 'pull', MODEL);
    expect(code).toBe(0);
    expect(stderr).toMatch(/note: .* answered 503; trying again in 0 s/);
  });
});

describe('a model of the hub', () => {
  it('is taken by its name, at a commit that it names, without the network', async () => {
    for (const name of [MODEL, `${MODEL}@main`, `${MODEL}@${COMMIT}`]) {
      const { code, stdout } = await runFin('model', 'info', name, '--json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout).labels).toEqual(['negative', 'neutral', 'positive']);
    }
    const evaluated = await runFin(
      'sentiment',
      'evaluate',
      '--model',
      MODEL,
      '--data',
      inFolder('bank.txt'),
      '--json',
    );
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ model: snapshot(), n: 60 });
    const out = inFolder('converted');
    expect((await runFin('model', 'convert', MODEL, '--out', out)).code).toBe(0);
    expect(readdirSync(out)).toContain('model.safetensors');
    expect(hub.requests).toEqual([]);
  });

  it('gives way to a folder of its name', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      const { stdout } = await runFin('model', 'info', 'model', '--json');
      expect(JSON.parse(stdout).files.join()).not.toContain('snapshots');
    } finally {
      process.chdir(before);
    }
  });

  it('stands in the record of a run with its commit', async () => {
    const tuned = inFolder('tuned');
    const start = ['--epochs', '1', '--batch-size', '16', '--run', tuned];
    expect((await runFin('finetune', '--data', inFolder('bank.txt'), '--model', MODEL, ...start)).code).toBe(
      0,
    );
    expect(sourceOf(tuned)).toMatchObject({ model: snapshot(), hubModel: `${MODEL}@${COMMIT}` });

    const trained = inFolder('trained');
    const options = ['--data', inFolder('market'), '--epochs', '1', '--run', trained];
    expect((await runFin('train', '--model', MODEL, ...options)).code).toBe(0);
    expect(sourceOf(trained)).toMatchObject({ hubModel: `${MODEL}@${COMMIT}` });
    const { settings } = JSON.parse(readFileSync(join(trained, 'config.json'), 'utf8'));
    expect(settings.model).toBe(snapshot());

    const other = inFolder('other');
    await runFin(
      'finetune',
      '--data',
      inFolder('bank.txt'),
      '--model',
      inFolder('model'),
      '--epochs',
      '1',
      '--run',
      other,
    );
    expect(sourceOf(other)).not.toHaveProperty('hubModel');
  });

  it('can be the base of an adapter', async () => {
    const out = inFolder('merged');
    const { code } = await runFin(
      'model',
      'merge',
      join(inFolder('tuned'), 'adapter'),
      '--base',
      MODEL,
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(readdirSync(out)).toContain('model.safetensors');
  });
});
