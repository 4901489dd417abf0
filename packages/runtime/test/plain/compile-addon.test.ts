import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AddonOptions, InstallEvent } from '../../src/index.js';
import { availableCompiler, compileAddon, findInstallation, InstallInterrupted } from '../../src/index.js';
import { cacheLayout } from '../../src/install/cache-layout.js';
import { bindingKey, folderKey, readTensorFlowFolder } from '../../src/install/tensorflow-copy.js';

const NAME = 'fin-test-addon';

const source = (answer: string) => `
#include <node_api.h>
NAPI_MODULE_INIT() {
  napi_value value;
  napi_create_int32(env, ${answer}, &value);
  napi_set_named_property(env, exports, "answer", value);
  return exports;
}`;
const USES_TENSORFLOW = `#include <tensorflow/c/c_api.h>\n${source('TF_DataTypeSize(TF_FLOAT) == 4 ? 42 : 0')}`;

const possible =
  (await findInstallation()) !== null && (await availableCompiler()).compiler?.kind === 'system';

/** A C++ compiler that never ends with `hang.cc`, and says when it has begun. */
const HANGING = `#!/bin/sh
case "$*" in *hang.cc*) echo $$ > "$HANG_PID"; sleep 600;; esac
exec c++ "$@"`;

/** A cache with the installed TensorFlow and nothing else: it holds links to the cache of this machine. */
function cacheWithTensorFlow(): string {
  const [from, to] = [cacheLayout(), cacheLayout(mkdtempSync(join(tmpdir(), 'fin-addon-cache-')))];
  const named = process.env.FIN_TENSORFLOW_DIR;
  const keys = named ? [folderKey(readTensorFlowFolder(resolve(named))!)] : readdirSync(from.tensorflow);
  const links = [
    [from.tensorflow, to.tensorflow],
    [dirname(from.tfjsNode), dirname(to.tfjsNode)],
    ...keys.map((key) => [
      join(from.binding, bindingKey(key, from.root)),
      join(to.binding, bindingKey(key, to.root)),
    ]),
  ];
  mkdirSync(to.binding);
  for (const [target, path] of links) if (existsSync(target)) symlinkSync(target, path);
  return to.root;
}

describe.runIf(possible)('compileAddon', () => {
  let sourceDir: string;
  let cache: string;
  let events: InstallEvent[];
  /** Without TensorFlow unless a test is about it: linking and loading that takes seconds. */
  const compile = (options: Partial<AddonOptions> = {}) =>
    compileAddon({
      name: NAME,
      sourceDir,
      tensorFlow: false,
      onEvent: (event) => events.push(event),
      ...options,
    });
  const steps = () => events.flatMap((event) => (event.kind === 'step' ? [event.text] : []));
  const entries = (name: string) =>
    existsSync(join(cache, name)) ? readdirSync(join(cache, name)).sort() : [];
  /** Makes `compile` use the compiler that hangs. @returns where it writes its process number */
  const useHangingCompiler = () => {
    const pidFile = join(cache, 'hang.pid');
    writeFileSync(join(cache, 'c++-hanging'), HANGING, { mode: 0o755 });
    vi.stubEnv('CXX', join(cache, 'c++-hanging'));
    vi.stubEnv('HANG_PID', pidFile);
    return pidFile;
  };

  beforeEach(() => {
    cache = cacheWithTensorFlow();
    vi.stubEnv('FIN_CACHE_DIR', cache);
    sourceDir = mkdtempSync(join(tmpdir(), 'fin-addon-'));
    events = [];
    writeFileSync(join(sourceDir, 'addon.cc'), source('42'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(sourceDir, { recursive: true });
    rmSync(cache, { recursive: true });
  });

  it('compiles against the installed TensorFlow, once', async () => {
    writeFileSync(join(sourceDir, 'addon.cc'), USES_TENSORFLOW);
    const options = { tensorFlow: true };
    const [first, second] = await Promise.all([compile(options), compile(options)]);
    expect(first.problem).toBeNull();
    expect(second).toEqual(first);
    expect(steps().filter((text) => /compiling/.test(text))).toHaveLength(1);
    expect(steps()).toContain(
      `waiting for another process that compiles ${NAME} (or was stopped a moment ago)`,
    );
    expect(createRequire(import.meta.url)(first.path as string)).toEqual({ answer: 42 });
    events = [];
    expect(await compile(options)).toEqual(first);
    expect(events).toEqual([]);
  });

  it('compiles again when its sources change', async () => {
    const first = await compile();
    writeFileSync(join(sourceDir, 'note.h'), '// Belongs to the sources too.');
    const changed = await compile();
    expect(changed.problem).toBeNull();
    expect(changed.path).not.toBe(first.path);
  });

  it('compiles all sources and links them, while an installation and another addon are being made', async () => {
    writeFileSync(join(sourceDir, 'addon.cc'), `int seven();\n${source('35 + seven()')}`);
    writeFileSync(join(sourceDir, 'seven.cc'), 'int seven() { return 7; }');
    mkdirSync(join(cache, 'install.lock'));
    const both = await Promise.all([compile(), compile({ name: `${NAME}-2` })]);
    for (const { path, problem } of both) {
      expect(problem).toBeNull();
      expect(createRequire(import.meta.url)(path as string)).toEqual({ answer: 42 });
      expect(readdirSync(join(path as string, '..')).sort()).toEqual([
        expect.stringMatching(/\.node$/),
        'manifest.json',
      ]);
    }
    expect(steps().filter((text) => /waiting/.test(text))).toEqual([]);
    expect(events.filter(({ kind }) => kind === 'progress').at(-1)).toMatchObject({ done: 2, total: 2 });
    expect(entries('addon')).toHaveLength(2);
    expect(entries('tmp')).toEqual([]);
  });

  it('says what the compiler says, and leaves nothing', async () => {
    writeFileSync(join(sourceDir, 'addon.cc'), 'this is no C++');
    expect((await compile()).problem).toMatch(/could not compile it: .*this/s);
    writeFileSync(join(sourceDir, 'addon.cc'), `${source('1')}\nint early = (__builtin_trap(), 0);`);
    expect((await compile()).problem).toMatch(/what was compiled does not load: SIG/);
    expect([...entries('addon'), ...entries('tmp')]).toEqual([]);
  });

  it('ends the other compilers when a source does not compile', async () => {
    useHangingCompiler();
    writeFileSync(join(sourceDir, 'addon.cc'), 'this is no C++');
    writeFileSync(join(sourceDir, 'hang.cc'), '');
    expect((await compile()).problem).toMatch(/could not compile it: .*this/s);
    expect([...entries('addon'), ...entries('tmp')]).toEqual([]);
  });

  it('stops at once when it is told to, with what it started', async () => {
    const pidFile = useHangingCompiler();
    writeFileSync(join(sourceDir, 'hang.cc'), '');
    const stop = new AbortController();
    const stopped = expect(compile({ signal: stop.signal })).rejects.toThrow(InstallInterrupted);
    await vi.waitUntil(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '', {
      timeout: 20_000,
    });
    stop.abort();
    await stopped;
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow('ESRCH');
    expect([...entries('addon'), ...entries('tmp')]).toEqual([]);
  });

  it('does without where there is no compiler, and says so', async () => {
    writeFileSync(join(sourceDir, 'addon.cc'), source('43'));
    vi.stubEnv('PATH', '/nowhere');
    vi.stubEnv('CXX', 'no-such-compiler');
    const { compiler } = await availableCompiler();
    if (compiler !== null) return;
    expect((await compile()).problem).toBe(
      'there is no C++ compiler (CXX names no-such-compiler, which is not there)',
    );
  });
});
