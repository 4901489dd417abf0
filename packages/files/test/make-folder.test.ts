import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from '../src/index.js';

const home = mkdtempSync(join(tmpdir(), 'fin-files-'));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(home, { recursive: true, force: true });
});

it.each(['y', './z', 'a/b/c', '../outside', '.', join(home, 'absolute')])(
  'makeFolder ends for %s',
  async (name) => {
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(home, 'work'), { recursive: true });
    process.chdir(join(home, 'work'));
    await makeFolder(name);
    expect(existsSync(name)).toBe(true);
    expect(await makeFolder(name)).toBeUndefined();
  },
);
