import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TensorToWrite } from '@fin/files/safetensors';
import { fromFloat32, writeSafetensors } from '@fin/files/safetensors';
import { sharedPath } from '@fin/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/index.js';

/** A Python with torch and transformers; without one the committed fixtures alone speak for them. */
const python = process.env.FIN_ORACLE_PYTHON;
const model = sharedPath('models', 'all-MiniLM-L6-v2');
const script = fileURLToPath(
  new URL('../../../../tooling/oracle/finbert-lora-checkpoints-live.py', import.meta.url),
);

describe.skipIf(python === undefined || model === null)('a published model (FIN_ORACLE_PYTHON)', () => {
  const folder = join(tmpdir(), `fin-checkpoint-${randomUUID()}`);
  const run = (...args: string[]): void => {
    execFileSync(python as string, [script, ...args], { stdio: 'pipe' });
  };
  beforeAll(() => {
    mkdirSync(folder);
    run('write', model as string, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const [kind, format] of [
    ['bin', 'pytorch'],
    ['legacy', 'pytorch'],
    ['half', 'pytorch'],
    ['sharded', 'sharded-safetensors'],
  ] as const) {
    it(`saved by torch as ${kind} has the same weights`, async () => {
      const original = await openCheckpoint(model as string);
      const saved = await openCheckpoint(join(folder, kind));
      expect(saved.format).toBe(format);
      expect(saved.files).toHaveLength(kind === 'sharded' ? 3 : 1);
      const names = original.names().filter((name) => !name.endsWith('position_ids'));
      expect(saved.names().toSorted()).toEqual(names.toSorted());
      for (const name of names) {
        expect(saved.info(name).shape).toEqual(original.info(name).shape);
        const expected = await original.readFloat32(name);
        const { data } = await saved.read(name);
        const found = kind === 'half' ? fromFloat32(expected, 'BF16') : expected;
        expect(Buffer.compare(bytesOf(data), bytesOf(found)), name).toBe(0);
      }
      await original.close();
      await saved.close();
    });
  }

  it('written here, tensor by tensor, is what safetensors loads', async () => {
    const original = await openCheckpoint(model as string);
    const tensors: Record<string, TensorToWrite> = {};
    for (const name of original.names()) {
      const { dtype, shape } = original.info(name);
      tensors[name] = { dtype, shape, data: async () => (await original.read(name)).data };
    }
    await writeSafetensors(join(folder, 'copy.safetensors'), tensors, { format: 'pt' });
    await original.close();
    run('same', join(model as string, 'model.safetensors'), join(folder, 'copy.safetensors'));
  });
});

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
