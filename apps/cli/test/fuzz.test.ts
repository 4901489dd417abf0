import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fuzz } from './fuzz/fuzz.js';
import { writeGood } from './fuzz/sandbox.js';

const root = mkdtempSync(join(tmpdir(), 'fin-fuzz-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it.skipIf(process.platform === 'win32')(
  'random command lines end in order, within 30 s, and destroy nothing',
  async () => {
    const good = join(root, 'good');
    await writeGood(good);
    const { failures } = await fuzz({ good, root, seed: 1, lines: 60, linesPerProcess: 60 });
    expect(failures.join('\n')).toBe('');
  },
  300_000,
);
