import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { findModel } from '../src/index.js';
import { bench, MODEL, WEIGHTS } from './tiny-model.js';

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  symlink: () => Promise.reject(Object.assign(new Error('operation not permitted'), { code: 'EPERM' })),
}));

const at = bench();

it('a system without symbolic links has the files themselves, once, and fetches none again', async () => {
  const { dir } = await at.pull();
  const weights = join(dir, 'model.safetensors');
  expect(lstatSync(weights).isFile()).toBe(true);
  expect(readFileSync(weights).equals(WEIGHTS)).toBe(true);
  expect(at.files().filter((name) => /^[0-9a-f]{40,}$/.test(name))).toEqual([]);
  expect((await at.pull()).files.every(({ fetched }) => !fetched)).toBe(true);
  expect((await findModel(MODEL, { env: at.env })).dir).toBe(dir);
});
