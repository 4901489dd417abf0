import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError, openTorchCheckpoint } from '../../src/checkpoint/index.js';
import { archive, readAll } from './checkpoint-support/archive.js';
import { dict, int, pickle, storage, tensor, text } from './checkpoint-support/pickle-writer.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/checkpoints/${name}`, import.meta.url));

const { checkpoints } = JSON.parse(readFileSync(fixture('values.json'), 'utf8')) as {
  checkpoints: Record<string, Record<string, { dtype: string; shape: number[]; hex: string }>>;
};

const folder = mkdtempSync(join(tmpdir(), 'fin-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('files that torch.save wrote', () => {
  for (const [name, tensors] of Object.entries(checkpoints)) {
    const forms = name === 'wrapped' ? [name] : [name, `legacy-${name}`];
    it.each(forms)('%s.bin: every tensor bit for bit', async (form) => {
      const checkpoint = await openTorchCheckpoint(fixture(`${form}.bin`));
      expect([...checkpoint.names()].sort()).toEqual(Object.keys(tensors).sort());
      for (const [tensorName, { dtype, shape, hex }] of Object.entries(tensors)) {
        expect(checkpoint.info(tensorName)).toEqual({
          name: tensorName,
          dtype,
          shape,
          bytes: hex.length / 2,
        });
        const found = await checkpoint.read(tensorName);
        expect(found).toMatchObject({ name: tensorName, dtype, shape });
        const { buffer, byteOffset, byteLength } = found.data;
        expect(Buffer.from(buffer, byteOffset, byteLength).toString('hex'), tensorName).toBe(hex);
      }
      await checkpoint.close();
    });
  }

  it('gives strided tensors of every width as float32', async () => {
    const checkpoint = await openTorchCheckpoint(fixture('every-dtype.bin'));
    const wide = await checkpoint.readFloat32('sliced.F32');
    expect([...wide]).toEqual([21, 22, 23, 31, 32, 33, 41, 42, 43, 51, 52, 53]);
    for (const dtype of ['U8', 'BF16', 'F64']) {
      expect(await checkpoint.readFloat32(`sliced.${dtype}`)).toEqual(wide);
    }
    await expect(checkpoint.readFloat32('plain.F8_E4M3')).rejects.toThrowError(CheckpointError);
    await expect(checkpoint.read('absent')).rejects.toThrowError(/holds no tensor "absent"/);
    await checkpoint.close();
  });

  const refused: [file: string, reason: RegExp][] = [
    ['protocol4.bin', /is of protocol 4; only 2/],
    ['expanded.bin', /1000000 elements from a storage of 1: expanded tensors are not read/],
    ['not-all-tensors.bin', /a number under "n"/],
    ['whole-module.bin', /"torch.nn.modules.linear.Linear"/],
    ['sparse.bin', /"torch._utils._rebuild_sparse_tensor"/],
    ['torchscript.bin', /TorchScript/],
  ];
  for (const [file, reason] of refused) {
    it(`refuses ${file}, saying why and what to do`, async () => {
      const error: unknown = await openTorchCheckpoint(fixture(file)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CheckpointError);
      expect(error).toMatchObject({ name: 'CheckpointError', kind: 'input', file: fixture(file) });
      expect((error as CheckpointError).cause).toBeInstanceOf(Error);
      expect((error as CheckpointError).message).toMatch(reason);
      expect((error as CheckpointError).message).toContain(fixture(file));
    });
  }

  it('refuses what is no such file, or none any more', async () => {
    const file = join(folder, 'pytorch_model.bin');
    await expect(openTorchCheckpoint(file)).rejects.toThrowError(/cannot be read \(ENOENT/);
    writeFileSync(file, 'version https://git-lfs.github.com/spec/v1\n');
    await expect(openTorchCheckpoint(file)).rejects.toThrowError(/Git LFS pointer/);
    writeFileSync(file, '<!doctype html>');
    await expect(openTorchCheckpoint(file)).rejects.toThrowError(/no file of torch.save/);
    writeFileSync(file, '');
    await expect(openTorchCheckpoint(file)).rejects.toThrowError(CheckpointError);
    const whole = readFileSync(fixture('module.bin'));
    writeFileSync(file, whole.subarray(0, whole.length - 1));
    await expect(openTorchCheckpoint(file)).rejects.toThrowError(/cut off/);
    writeFileSync(file, whole);
    const checkpoint = await openTorchCheckpoint(file);
    truncateSync(file, 100);
    await expect(checkpoint.read('0.weight')).rejects.toThrowError(CheckpointError);
    await checkpoint.close();
  });
});

describe('a hand-made archive', () => {
  it('is read like torch’s', async () => {
    const bytes = archive(
      pickle(
        dict(
          text('w'),
          tensor(storage('0', int(4)), int(1), [int(3)], [int(1)]),
          text('e'),
          tensor(storage('0', int(4)), int(4), [int(0), int(5)], [int(5), int(1)]),
        ),
      ),
    );
    expect(await readAll(bytes)).toEqual({
      w: { shape: [3], values: [2, 3, 4] },
      e: { shape: [0, 5], values: [] },
    });
  });
});
