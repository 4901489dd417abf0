import { lstatSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findModel, ModelNotCachedError, parseSnapshotFolder } from '../src/index.js';
import { bench, bytes, COMMIT, FILES, MODEL, WEIGHTS } from './tiny-model.js';

const at = bench();

describe('pullModel', () => {
  it('fetches the files that are needed, in the layout of the hub cache', async () => {
    const model = await at.pull();
    expect(model).toMatchObject({ name: MODEL, revision: 'main', commit: COMMIT });
    expect(model.files).toEqual(
      ['config.json', 'vocab.txt', 'tokenizer_config.json', 'model.safetensors'].map((path) => ({
        path,
        size: FILES[path].content.length,
        fetched: true,
      })),
    );
    expect(parseSnapshotFolder(model.dir)).toEqual({ name: MODEL, commit: COMMIT });
    const root = join(at.cache, 'models--ProsusAI--finbert');
    for (const other of [root, at.cache, '/', 'models', join(model.dir, 'x'), join(root, 'snapshots/main')]) {
      expect(parseSnapshotFolder(other)).toBeNull();
    }
    expect(model.dir).toBe(join(root, 'snapshots', COMMIT));
    expect(readFileSync(join(root, 'refs/main'), 'utf8')).toBe(COMMIT);
    const weights = join(model.dir, 'model.safetensors');
    expect(lstatSync(weights).isSymbolicLink()).toBe(true);
    expect(readlinkSync(weights)).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
    expect(readlinkSync(join(model.dir, 'config.json'))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
    expect(readFileSync(weights).equals(WEIGHTS)).toBe(true);
    expect(at.files().filter((name) => /lock|incomplete|tmp/.test(name))).toEqual([]);
  });

  it('is found afterwards without the network', async () => {
    const { dir } = await at.pull();
    const asked = at.hub.requests.length;
    expect(await findModel(MODEL, { env: at.env })).toEqual({
      name: MODEL,
      revision: 'main',
      commit: COMMIT,
      dir,
    });
    expect(await at.pull({ offline: true })).toMatchObject({ dir, files: [] });
    expect(await at.pull({ env: { ...at.env, HF_HUB_OFFLINE: 'yes' } })).toMatchObject({ dir });
    expect(await at.pull({ revision: COMMIT })).toMatchObject({ dir, commit: COMMIT });
    expect(at.hub.requests).toHaveLength(asked);
  });

  it('fetches nothing a second time, and only what changed of a later commit', async () => {
    await at.pull();
    expect((await at.pull()).files.map(({ fetched }) => fetched)).toEqual([false, false, false, false]);
    const later = 'b2'.repeat(20);
    const files = { ...FILES, 'config.json': { content: Buffer.from('{"model_type": "bert", "a": 1}') } };
    at.hub.addModel(MODEL, { commit: later, files });
    const model = await at.pull();
    expect(model.commit).toBe(later);
    expect(model.files.filter(({ fetched }) => fetched).map(({ path }) => path)).toEqual(['config.json']);
    expect((await findModel(`${MODEL}@${COMMIT}`, { env: at.env })).commit).toBe(COMMIT);
    expect((await findModel(MODEL, { env: at.env })).commit).toBe(later);
  });

  it('fetches a blob again that has lost its end', async () => {
    const { dir } = await at.pull();
    writeFileSync(join(dir, 'model.safetensors'), WEIGHTS.subarray(0, 1000));
    const { files } = await at.pull();
    expect(files.find(({ path }) => path === 'model.safetensors')?.fetched).toBe(true);
    expect(readFileSync(join(dir, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it('takes a revision beside the name or in it: a branch, a tag or a commit', async () => {
    at.hub.addModel(MODEL, { commit: COMMIT, files: FILES, refs: { 'refs/pr/4': COMMIT, 'v1.0': COMMIT } });
    for (const revision of ['refs/pr/4', 'v1.0', COMMIT]) {
      expect(await at.pull({ revision })).toMatchObject({ revision, commit: COMMIT });
      expect(await findModel(`${MODEL}@${revision}`, { env: at.env })).toMatchObject({ commit: COMMIT });
    }
    expect((await at.pull({ id: `${MODEL}@v1.0` })).revision).toBe('v1.0');
    await expect(at.pull({ id: `${MODEL}@v1.0`, revision: 'main' })).rejects.toThrow('two revisions');
  });

  it('takes the shards of an index, and pytorch_model.bin where there is nothing better', async () => {
    const { 'model.safetensors': weights, ...others } = FILES;
    const old = 'c3'.repeat(20);
    at.hub.addModel(MODEL, { commit: old, files: others });
    expect((await at.pull()).files.map(({ path }) => path)).toContain('pytorch_model.bin');
    const index = {
      weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
    };
    const sharded = 'd4'.repeat(20);
    at.hub.addModel(MODEL, {
      commit: sharded,
      files: {
        ...others,
        'model.safetensors.index.json': { content: Buffer.from(JSON.stringify(index)) },
        'model-00001-of-00002.safetensors': weights,
        'model-00002-of-00002.safetensors': { content: bytes(500, 9), large: true },
      },
    });
    const { files } = await at.pull();
    expect(files.map(({ path }) => path)).toEqual([
      'config.json',
      'vocab.txt',
      'tokenizer_config.json',
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
    expect((await findModel(MODEL, { env: at.env })).commit).toBe(sharded);
  });

  it('takes the files of an adapter', async () => {
    at.hub.addModel(MODEL, {
      commit: 'e5'.repeat(20),
      files: {
        'adapter_config.json': { content: Buffer.from('{}') },
        'adapter_model.safetensors': { content: bytes(400, 5), large: true },
      },
    });
    const { files } = await at.pull();
    expect(files.map(({ path }) => path)).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  });

  it.each<[string, Record<string, { content: Buffer }>, string]>([
    [
      'no weights',
      { 'tf_model.h5': FILES['tf_model.h5'] },
      'none of model.safetensors, model.safetensors.index.json, pytorch_model.bin; it has tf_model.h5',
    ],
    [
      'a missing shard',
      {
        'model.safetensors.index.json': {
          content: Buffer.from('{"weight_map":{"a":"model-1.safetensors"}}'),
        },
      },
      'no model-1.safetensors, which model.safetensors.index.json names',
    ],
    [
      'a shard elsewhere',
      {
        'model.safetensors.index.json': {
          content: Buffer.from('{"weight_map":{"a":"../../x.safetensors"}}'),
        },
      },
      'no list of weights',
    ],
  ])('refuses a model with %s, and leaves no reference to it', async (_, weights, words) => {
    const { 'config.json': config, 'vocab.txt': vocabulary } = FILES;
    at.hub.addModel('a/b', {
      commit: COMMIT,
      files: { 'config.json': config, 'vocab.txt': vocabulary, ...weights },
    });
    await expect(at.pull({ id: 'a/b' })).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringContaining(words),
    });
    await expect(findModel('a/b', { env: at.env })).rejects.toThrow(ModelNotCachedError);
  });

  it('tells how far it is', async () => {
    const seen: number[] = [];
    await at.pull({
      onEvent: (event) => {
        if (event.kind !== 'progress' || event.path !== 'model.safetensors') return;
        expect(event.total).toBe(WEIGHTS.length);
        seen.push(event.done);
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(WEIGHTS.length);
  });
});

describe('findModel', () => {
  it('says which other commits are there, and what a part lacks', async () => {
    await expect(findModel(MODEL, { env: at.env })).rejects.toThrow(
      `${MODEL} is not in the hub cache ${at.cache}`,
    );
    const { dir } = await at.pull({ revision: COMMIT });
    await expect(findModel(MODEL, { env: at.env })).rejects.toThrow(
      `revision main of ${MODEL} is not in the hub cache ${at.cache}, only others such as ${MODEL}@${COMMIT}`,
    );
    rmSync(join(dir, 'model.safetensors'));
    await expect(findModel(`${MODEL}@${COMMIT}`, { env: at.env })).rejects.toThrow(
      /only a part .* none of model/,
    );
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    '/a/b',
    'a/b/c',
    'a//b',
    'a/b@',
    'a/b@../x',
    'a/b@x/../y',
    '-a/b',
    'a/b.git',
    'a--b',
    'a b',
  ])('refuses the name "%s"', async (id) => {
    await expect(findModel(id, { env: at.env })).rejects.toThrow('is not the name of a model');
  });
});
