import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SafetensorsError, writeSafetensors } from '@fin/files/safetensors';
import { sharedPath } from '@fin/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError, openCheckpoint, openShardedCheckpoint } from '../../src/checkpoint/index.js';

const root = mkdtempSync(join(tmpdir(), 'fin-checkpoint-'));
afterAll(() => rmSync(root, { recursive: true }));

const tensor = (...values: number[]) =>
  ({ dtype: 'F32', shape: [values.length], data: Float32Array.from(values) }) as const;

const half = { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) } as const;

const torchFile = fileURLToPath(new URL('../fixtures/checkpoints/module.bin', import.meta.url));

describe('openCheckpoint', () => {
  const folder = join(root, 'model');
  beforeAll(() => mkdirSync(folder));

  it('says what it looked for and what is there', async () => {
    await expect(openCheckpoint(join(root, 'absent'))).rejects.toThrowError(/absent: it is not a folder/);
    await expect(openCheckpoint(folder)).rejects.toThrowError(/it is empty/);
    writeFileSync(join(folder, 'tf_model.h5'), '');
    const error: unknown = await openCheckpoint(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(
      /none of model.safetensors, .*pytorch_model.bin; it has tf_model.h5/,
    );
  });

  it('takes pytorch_model.bin, before it the shards, before them model.safetensors', async () => {
    copyFileSync(torchFile, join(folder, 'pytorch_model.bin'));
    const torch = await openCheckpoint(folder);
    expect(torch).toMatchObject({ format: 'pytorch', files: [join(folder, 'pytorch_model.bin')] });
    expect(torch.info('0.weight')).toMatchObject({ dtype: 'F32', shape: [2, 3] });
    expect(await torch.readFloat32('0.bias')).toHaveLength(2);
    await torch.close();

    await writeSafetensors(join(folder, 'model-00001-of-00002.safetensors'), { a: tensor(1, 2) });
    await writeSafetensors(join(folder, 'model-00002-of-00002.safetensors'), { b: half, hidden: tensor(9) });
    const index = {
      metadata: { total_size: 12 },
      weight_map: { b: 'model-00002-of-00002.safetensors', a: 'model-00001-of-00002.safetensors' },
    };
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    const sharded = await openCheckpoint(folder);
    expect(sharded.format).toBe('sharded-safetensors');
    expect(sharded.names()).toEqual(['b', 'a']);
    expect(sharded.files).toHaveLength(2);
    expect(sharded.info('b')).toMatchObject({ name: 'b', dtype: 'BF16', shape: [2], bytes: 4 });
    expect([...(await sharded.readFloat32('b')), ...(await sharded.readFloat32('a'))]).toEqual([1, -2, 1, 2]);
    await expect(sharded.read('hidden')).rejects.toThrowError(CheckpointError);
    await sharded.close();

    await writeSafetensors(join(folder, 'model.safetensors'), { c: tensor(5) });
    const single = await openCheckpoint(folder);
    expect(single).toMatchObject({ format: 'safetensors', files: [join(folder, 'model.safetensors')] });
    expect(single.info('c')).toMatchObject({ dtype: 'F32', shape: [1], bytes: 4 });
    expect([...(await single.readFloat32('c'))]).toEqual([5]);
    await single.close();
  });

  it('does not pass over a broken link or a damaged file for the next kind', async () => {
    const broken = join(root, 'broken');
    mkdirSync(broken);
    copyFileSync(torchFile, join(broken, 'pytorch_model.bin'));
    symlinkSync('../blobs/absent', join(broken, 'model.safetensors'));
    await expect(openCheckpoint(broken)).rejects.toThrowError(SafetensorsError);
    rmSync(join(broken, 'model.safetensors'));
    writeFileSync(join(broken, 'model.safetensors'), 'x');
    await expect(openCheckpoint(broken)).rejects.toThrowError(SafetensorsError);
  });

  const model = sharedPath('models', 'all-MiniLM-L6-v2');
  it.skipIf(model === null)('opens a published model', async () => {
    const checkpoint = await openCheckpoint(model as string);
    expect(checkpoint.names()).toHaveLength(104);
    expect(checkpoint.info('embeddings.word_embeddings.weight').shape).toEqual([30522, 384]);
    expect([...(await checkpoint.readFloat32('embeddings.position_ids'))].slice(0, 3)).toEqual([0, 1, 2]);
    await checkpoint.close();
  });
});

describe('openShardedCheckpoint refuses', () => {
  const folder = join(root, 'sharded');
  const index = join(folder, 'model.safetensors.index.json');
  beforeAll(async () => {
    mkdirSync(folder);
    await writeSafetensors(join(folder, 'one.safetensors'), { a: tensor(1) });
    await writeSafetensors(join(root, 'outside.safetensors'), { a: tensor(1) });
    writeFileSync(join(folder, 'damaged.safetensors'), 'xxxxxxxxxxxx');
  });

  const map = (shards: Record<string, string>): string => JSON.stringify({ weight_map: shards });
  const cases: [label: string, content: string | Buffer, reason: RegExp][] = [
    ['no JSON', 'weights', /an object is expected/],
    ['an array', '[]', /an object is expected/],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /not valid UTF-8/],
    ['no weight_map', '{"metadata":{}}', /no weight_map/],
    ['an empty weight_map', map({}), /no weight_map/],
    ['a weight_map that is a list', '{"weight_map":["a"]}', /an object is expected/],
    ['a shard that is a number', '{"weight_map":{"a":1}}', /a string is expected/],
    ['a tensor twice', '{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}', /comes twice/],
    ['weight_map twice', '{"weight_map":{},"weight_map":{}}', /comes twice/],
    ['a shard that is not there', map({ a: 'two.safetensors' }), /its part two.safetensors cannot be opened/],
    [
      'a tensor that its shard lacks',
      map({ a: 'one.safetensors', b: 'one.safetensors' }),
      /holds the tensor "b", and it does not/,
    ],
    ['a path that climbs', map({ a: '../outside.safetensors' }), /not the plain name/],
    ['an absolute path', map({ a: join(root, 'outside.safetensors') }), /not the plain name/],
    ['a path into a folder', map({ a: 'x/one.safetensors' }), /not the plain name/],
    ['a backslash', map({ a: '..\\outside.safetensors' }), /not the plain name/],
    ['a NUL', map({ a: 'one.safetensors\0' }), /not the plain name/],
    ['an option', map({ a: '.safetensors' }), /not the plain name/],
    ['a pickle as shard', map({ a: 'pytorch_model-00001.bin' }), /not the plain name/],
    [
      '600 shards',
      map(Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`${i}`, `${i}.safetensors`]))),
      /600 files/,
    ],
  ];
  for (const [label, content, reason] of cases) {
    it(label, async () => {
      writeFileSync(index, content);
      const error: unknown = await openShardedCheckpoint(index).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CheckpointError);
      expect((error as CheckpointError).message).toMatch(reason);
      expect((error as CheckpointError).file).toBe(index);
    });
  }

  it('a shard that is damaged, naming the shard', async () => {
    writeFileSync(index, map({ a: 'one.safetensors', b: 'damaged.safetensors' }));
    await expect(openShardedCheckpoint(index)).rejects.toThrowError(/damaged.safetensors: the header claims/);
  });
});
