import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FileInputError, openRegularFile, readRegularFileSync } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-regular-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('regular files', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'content');

  test('are read whole', async () => {
    expect(readRegularFileSync(file, { maxBytes: 7 }).toString()).toBe('content');
    const handle = await openRegularFile(file);
    expect((await handle.readFile()).toString()).toBe('content');
    await handle.close();
  });

  test('above the limit are refused', () => {
    expect(() => readRegularFileSync(file, { maxBytes: 6 })).toThrow('has 7 bytes; at most 6 are read');
  });

  test('that are missing give the error of the system', async () => {
    const missing = join(folder, 'missing');
    expect(() => readRegularFileSync(missing, { maxBytes: 6 })).toThrow('ENOENT');
    await expect(openRegularFile(missing)).rejects.toThrow('ENOENT');
  });
});

describe.skipIf(process.platform === 'win32')('what is not a regular file is refused at once', () => {
  const pipe = join(folder, 'pipe');
  if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);

  test.each(['/dev/zero', pipe, folder])('%s', async (path) => {
    expect(() => readRegularFileSync(path, { maxBytes: 100 })).toThrow(FileInputError);
    await expect(openRegularFile(path)).rejects.toThrow(FileInputError);
  });
});
