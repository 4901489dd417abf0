import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileWriteError } from '@fin/files';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addToFinishedRun, RunFolder, readRunRecord, requireWritableFolder } from '../src/index.js';
import { train } from './small-run.js';

const home = mkdtempSync(join(tmpdir(), 'fin-mounts-'));
const dir = join(home, 'mounted');
const run = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const mount = (options: string): boolean => run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', dir);
const unmount = (): boolean => run('umount', dir);

mkdirSync(dir);
const allowed = mount('size=64k') && unmount();
if (!allowed) console.warn('skipped: this user cannot mount a file system');

describe.skipIf(!allowed)('a run folder that is a mount point', () => {
  beforeEach(() => {
    expect(mount('size=64k')).toBe(true);
  });
  afterEach(() => {
    expect(unmount()).toBe(true);
  });

  it('holds a run like any other folder, and one that replaces it', async () => {
    await train(dir, 'old');
    await train(dir, 'new', { overwrite: true });
    const opened = await RunFolder.open(dir);
    expect(await opened.readText('predictions.csv')).toBe('new');
    expect(readdirSync(dir)).not.toContain('.next');
  });

  it('says that the disk is full, and stays', async () => {
    const error = await train(dir, 'x'.repeat(1e6)).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(FileWriteError);
    expect(String(error)).toMatch(/predictions\.csv.*space/s);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('keeps the old run when the disk is too full for a new one', async () => {
    await train(dir, 'old');
    await expect(train(dir, 'x'.repeat(1e6), { overwrite: true })).rejects.toThrow(FileWriteError);
    const opened = await RunFolder.open(dir);
    expect(await opened.readText('predictions.csv')).toBe('old');
  });
});

describe.skipIf(!allowed)('a finished run on a read-only file system', () => {
  beforeAll(async () => {
    expect(mount('size=64k')).toBe(true);
    await train(dir, 'old');
    expect(mount('remount,ro')).toBe(true);
  });
  afterAll(() => {
    expect(unmount()).toBe(true);
  });

  it('is read and verified', async () => {
    expect(readRunRecord(dir)).toMatchObject({ finished: true });
    const opened = await RunFolder.open(dir);
    expect(await opened.readText('predictions.csv')).toBe('old');
  });

  it('is not added to, and the error names the folder', async () => {
    await expect(addToFinishedRun(dir, 'evaluation.json', '{}')).rejects.toMatchObject({
      kind: 'environment',
    });
    await expect(addToFinishedRun(dir, 'evaluation.json', '{}')).rejects.toThrow(dir);
  });

  it('is not a place for another run: this is known before any work', async () => {
    await expect(requireWritableFolder(join(dir, 'new'))).rejects.toThrow(/read-only/);
    await expect(requireWritableFolder(dir)).rejects.toThrow(/read-only/);
  });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));
