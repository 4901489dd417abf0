import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

// Fresh modules: those of other files of this process have the real function.
vi.resetModules();
vi.doMock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  symlink: () => Promise.reject(Object.assign(new Error('operation not permitted'), { code: 'EPERM' })),
}));
const { bench, MODEL, WEIGHTS } = await import('./tiny-model.js');
const { findModel } = await import('../src/index.js');
vi.doUnmock('node:fs/promises');
vi.resetModules();

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
