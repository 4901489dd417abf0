import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inWorkFolder, publish, readManifest, sweep } from '../../src/install/cache-folders.js';
import { cacheLayout, cacheRoot } from '../../src/install/cache-layout.js';
import { checkSpace } from '../../src/install/disk.js';
import type { Job } from '../../src/install/job.js';
import { readTensorFlowFolder } from '../../src/install/tensorflow-copy.js';

vi.mock('node:fs/promises', async (original) => ({ ...(await original<typeof fs>()) }));

let dir: string;
const layout = () => cacheLayout(dir);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fin-cache-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

/** A folder below `tmp` that nobody has touched for a month. */
function oldFolder(name: string): string {
  const folder = join(layout().tmp, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'thesis.txt'), 'mine');
  const past = new Date(Date.now() - 30 * 24 * 60 * 60_000);
  utimesSync(folder, past, past);
  return folder;
}

describe('sweep', () => {
  it("removes only its own work folders, not a user's old files in `tmp`", async () => {
    const others = ['thesis', 'a@b', `notes@${hostname()}@999999999`, `notes@${hostname()}@1@0123abcd`].map(
      oldFolder,
    );
    const abandoned = oldFolder(`zig@${hostname()}@999999999@0123abcd`);
    const elsewhere = oldFolder('zig@another-host@1@0123abcd');
    await sweep(layout());
    expect(others.map((folder) => existsSync(folder))).toEqual([true, true, true, true]);
    expect([existsSync(abandoned), existsSync(elsewhere)]).toEqual([false, false]);
  });
});

describe('inWorkFolder', () => {
  it('reports the error of the work, not that of the clean-up', async () => {
    vi.spyOn(fs, 'rm').mockRejectedValue(new Error('EBUSY: resource busy'));
    const failing = inWorkFolder(layout(), 'zig', () => Promise.reject(new Error('the disk is full')));
    await expect(failing).rejects.toThrow('the disk is full');
    await expect(inWorkFolder(layout(), 'zig', async () => 'done')).resolves.toBe('done');
  });
});

describe('readManifest', () => {
  async function published(): Promise<string> {
    const place = join(dir, 'zig', '1');
    await inWorkFolder(layout(), 'zig', async (made) => {
      writeFileSync(join(made, 'zig'), 'compiler');
      await publish(layout(), made, place, ['zig'], {});
    });
    expect(await readManifest(place)).toMatchObject({ files: { zig: 8 } });
    return place;
  }

  it('does not take a passing error for a damaged folder, which would be replaced', async () => {
    const place = await published();
    vi.spyOn(fs, 'stat').mockRejectedValue(Object.assign(new Error('too many files'), { code: 'EMFILE' }));
    await expect(readManifest(place)).rejects.toThrow('too many files');
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe', async () => {
    const place = await published();
    for (const name of ['zig', 'manifest.json']) {
      rmSync(join(place, name));
      execFileSync('mkfifo', [join(place, name)]);
      expect(await readManifest(place)).toBeNull();
    }
  });
});

describe.skipIf(process.platform === 'win32')('a TensorFlow folder', () => {
  it('is not one if its library is a pipe', () => {
    mkdirSync(join(dir, 'include', 'tensorflow', 'c'), { recursive: true });
    writeFileSync(join(dir, 'include', 'tensorflow', 'c', 'c_api.h'), '');
    writeFileSync(join(dir, 'libtensorflow_framework.so.2'), '');
    execFileSync('mkfifo', [join(dir, 'libtensorflow_cc.so.2')]);
    expect(readTensorFlowFolder(dir)).toBeNull();
    rmSync(join(dir, 'libtensorflow_cc.so.2'));
    writeFileSync(join(dir, 'libtensorflow_cc.so.2'), '');
    expect(readTensorFlowFolder(dir)).not.toBeNull();
  });
});

describe('checkSpace', () => {
  const job = () => ({ layout: layout() }) as Job;

  it('refuses only what the file system says', async () => {
    await expect(checkSpace(job(), 1e18)).rejects.toThrow('GB free');
    vi.spyOn(fs, 'statfs').mockRejectedValue(new Error('not supported'));
    await expect(checkSpace(job(), 1e18)).resolves.toBeUndefined();
  });
});

describe('cacheRoot', () => {
  it.each([{ FIN_CACHE_DIR: 'x' }, { FIN_CACHE_DIR: 'a/b/c' }, { HOME: 'h' }])('%o is absolute', (env) => {
    expect(cacheRoot(env)).toMatch(new RegExp(`^${process.cwd()}`));
  });
});
