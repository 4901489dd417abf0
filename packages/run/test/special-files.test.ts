import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedFileError } from '@fin/files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder, readRunConfig, readRunRecord } from '../src/index.js';

let dir: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fin-special-'));
  const run = await RunFolder.create(dir);
  await run.writeJson('config.json', { settings: {}, source: {} });
  run.appendMetrics({ step: 1 });
  await run.finish();
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const specials: readonly [string, (path: string) => void][] = [
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a device without end', (path) => symlinkSync('/dev/zero', path)],
];

/** Opening a pipe would wait for a writer, and reading the device would never end. */
describe.skipIf(process.platform === 'win32').each(specials)('%s in place of a file of a run', (_, make) => {
  it.each(['run.json', 'manifest.json', 'config.json', 'metrics.jsonl'])('is refused as %s', async (name) => {
    rmSync(join(dir, name));
    make(join(dir, name));
    await expect(RunFolder.open(dir)).rejects.toThrow(DamagedFileError);
    await expect(RunFolder.open(dir)).rejects.toThrow(name);
  });

  it('is refused by readers that take no lock', () => {
    for (const name of ['run.json', 'config.json']) {
      rmSync(join(dir, name));
      make(join(dir, name));
    }
    expect(() => readRunRecord(dir)).toThrow(/run\.json is damaged: it is not a regular file/);
    expect(() => readRunConfig(dir)).toThrow(/not a regular file/);
  });

  it('is refused as metrics when an interrupted run is resumed', async () => {
    rmSync(join(dir, 'manifest.json'));
    rmSync(join(dir, 'metrics.jsonl'));
    make(join(dir, 'metrics.jsonl'));
    await expect(RunFolder.resume(dir)).rejects.toThrow(
      /metrics\.jsonl is damaged: it is not a regular file/,
    );
  });
});
