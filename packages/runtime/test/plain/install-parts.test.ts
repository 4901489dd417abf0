import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallEvent } from '../../src/index.js';
import { formatOutcome } from '../../src/index.js';
import { untar, unzip } from '../../src/install/archives.js';
import { cacheRoot } from '../../src/install/cache-layout.js';
import { PINS } from '../../src/install/pins.js';
import { printEvents } from '../../src/install/progress.js';
import { tgz, zip } from './install-support/archives.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fin-install-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('untar', () => {
  it('unpacks files, with names of any length, and keeps them inside', async () => {
    const long = `package/${'deep/'.repeat(30)}file.js`;
    writeFileSync(
      join(dir, 'a.tgz'),
      tgz({ 'package/a.txt': 'a'.repeat(1000), [long]: 'b', '../../out.txt': 'c' }),
    );
    expect(await untar(join(dir, 'a.tgz'), join(dir, 'out'))).toEqual([
      'package/a.txt',
      long,
      '../../out.txt',
    ]);
    expect(readFileSync(join(dir, 'out', 'package', 'a.txt'), 'utf8')).toBe('a'.repeat(1000));
    expect(readFileSync(join(dir, 'out', long), 'utf8')).toBe('b');
    expect(existsSync(join(dir, 'out', 'out.txt'))).toBe(true);
  });
});

describe('unzip', () => {
  it('unpacks the members wanted, counts their bytes and keeps the executable bit', async () => {
    writeFileSync(join(dir, 'a.zip'), zip({ 'x/a': 'aa', 'x/run!': 'b', 'y/c': 'c' }));
    let bytes = 0;
    const onBytes = (count: number) => {
      bytes += count;
    };
    expect(await unzip(join(dir, 'a.zip'), join(dir, 'out'), /^x\//, { onBytes })).toEqual(['x/a', 'x/run']);
    expect(bytes).toBe(3);
    expect(statSync(join(dir, 'out', 'x', 'run')).mode & 0o100).toBe(0o100);
    expect(statSync(join(dir, 'out', 'x', 'a')).mode & 0o100).toBe(0);
    expect(existsSync(join(dir, 'out', 'y'))).toBe(false);
  });

  it('refuses names that lead outside, and what is no zip', async () => {
    writeFileSync(join(dir, 'evil.zip'), zip({ '../evil': 'x' }));
    await expect(unzip(join(dir, 'evil.zip'), join(dir, 'out'), /./)).rejects.toThrow(
      'invalid relative path',
    );
    writeFileSync(join(dir, 'none.zip'), 'not a zip');
    await expect(unzip(join(dir, 'none.zip'), join(dir, 'out'), /./)).rejects.toThrow();
  });
});

describe('cacheRoot', () => {
  it('follows FIN_CACHE_DIR, XDG_CACHE_HOME, the home folder', () => {
    expect(cacheRoot({ FIN_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/a');
    expect(cacheRoot({ XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/b/fin');
    const caches = process.platform === 'darwin' ? '/c/Library/Caches/fin' : '/c/.cache/fin';
    expect(cacheRoot({ XDG_CACHE_HOME: 'relative', HOME: '/c' })).toBe(caches);
  });
});

describe('the pins', () => {
  const builds = Object.values(PINS).flatMap(({ cpu, gpu }) => (gpu ? [cpu, gpu] : [cpu]));
  const wheels = [...builds.flatMap((build) => build.wheels), ...Object.values(PINS).map((pins) => pins.zig)];

  it.each(wheels.map((wheel) => [`${wheel.project} ${wheel.platform}`, wheel] as const))(
    '%s',
    (_name, wheel) => {
      expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(wheel.bytes).toBeLessThan(wheel.unpackedBytes);
    },
  );

  it('take the library, its headers and no Python', () => {
    const [{ take }] = PINS['linux-x64'].cpu.wheels;
    for (const name of [
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.2.dylib',
      'include/tensorflow/c/c_api.h',
    ]) {
      expect(take.test(`tensorflow/${name}`)).toBe(true);
    }
    for (const name of ['python/__init__.py', 'include/external/x/y.h', 'python/libtensorflow_cc.so.2']) {
      expect(take.test(`tensorflow/${name}`)).toBe(false);
    }
  });
});

describe('printEvents', () => {
  const events: InstallEvent[] = [
    { kind: 'step', text: 'downloading' },
    { kind: 'progress', done: 10, total: 100 },
    { kind: 'progress', done: 60, total: 100 },
    { kind: 'note', text: 'slow today' },
    { kind: 'progress', done: 100, total: 100 },
    { kind: 'step', text: 'compiling' },
  ];
  const print = (stream: { isTTY: boolean; columns?: number }) => {
    let text = '';
    const printer = printEvents({ ...stream, write: (piece: string) => (text += piece) });
    for (const event of events) printer.onEvent(event);
    printer.end();
    return text;
  };

  it('prints plain lines where there is no terminal', () => {
    expect(print({ isTTY: false })).toBe('downloading\n  50%\n  slow today\n  100%\ncompiling\n');
  });

  it('keeps one live line with a bar on a terminal, never wider than it', () => {
    const text = print({ isTTY: true, columns: 40 });
    expect(text).toContain('downloa [########################] 100%');
    for (const line of text.replaceAll('\r\x1b[2K', '\n').split('\n')) expect(line.length).toBeLessThan(40);
  });
});

describe('formatOutcome', () => {
  it('says what was tried, why not, and each remedy once', () => {
    const text = formatOutcome({
      status: 'impossible',
      installation: null,
      cacheDir: '/c',
      attempts: [
        { what: 'the wheel', reason: 'no pip', fix: 'Install pip.' },
        { what: 'the installer', reason: 'no\nnetwork', fix: 'Install pip.' },
      ],
    });
    expect(text).toContain('  - the wheel: no pip\n  - the installer: no\n    network\n');
    expect(text.match(/Install pip\./g)).toHaveLength(1);
  });
});
