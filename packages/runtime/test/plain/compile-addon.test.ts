import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InstallEvent } from '../../src/index.js';
import { availableCompiler, cacheRoot, compileAddon, findInstallation } from '../../src/index.js';

const NAME = `fin-test-addon-${process.pid}`;
const cached = join(cacheRoot(), 'addon');
const ours = () => (existsSync(cached) ? readdirSync(cached).filter((name) => name.startsWith(NAME)) : []);

const source = (answer: number) => `
#include <node_api.h>
#include <tensorflow/c/c_api.h>
NAPI_MODULE_INIT() {
  napi_value value;
  napi_create_int32(env, TF_DataTypeSize(TF_FLOAT) == 4 ? ${answer} : 0, &value);
  napi_set_named_property(env, exports, "answer", value);
  return exports;
}`;

const possible =
  (await findInstallation()) !== null && (await availableCompiler()).compiler?.kind === 'system';

/** One addon at a time is compiled for a cache: another package's tests may be compiling theirs. */
const MINUTES = 60_000;

describe.runIf(possible)('compileAddon', { timeout: 5 * MINUTES }, () => {
  let sourceDir: string;
  let events: InstallEvent[];
  const compile = () => compileAddon({ name: NAME, sourceDir, onEvent: (event) => events.push(event) });

  beforeEach(() => {
    sourceDir = mkdtempSync(join(tmpdir(), 'fin-addon-'));
    events = [];
    writeFileSync(join(sourceDir, 'addon.cc'), source(42));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(sourceDir, { recursive: true });
  });
  afterAll(() => {
    for (const name of ours()) rmSync(join(cached, name), { recursive: true });
  });

  it('compiles against the installed TensorFlow, once', async () => {
    const [first, second] = await Promise.all([compile(), compile()]);
    expect(first.problem).toBeNull();
    expect(second).toEqual(first);
    expect(
      events.filter(({ kind, ...rest }) => kind === 'step' && /compiling/.test(JSON.stringify(rest))),
    ).toHaveLength(1);
    expect(createRequire(import.meta.url)(first.path as string)).toEqual({ answer: 42 });
    events = [];
    expect(await compile()).toEqual(first);
    expect(events).toEqual([]);

    writeFileSync(join(sourceDir, 'note.h'), '// Belongs to the sources too.');
    const changed = await compile();
    expect(changed.problem).toBeNull();
    expect(changed.path).not.toBe(first.path);
  });

  it('says what the compiler says, and leaves nothing', async () => {
    writeFileSync(join(sourceDir, 'addon.cc'), 'this is no C++');
    const before = ours();
    expect((await compile()).problem).toMatch(/could not compile it: .*this/s);
    writeFileSync(join(sourceDir, 'addon.cc'), `${source(1)}\nint early = (__builtin_trap(), 0);`);
    expect((await compile()).problem).toMatch(/what was compiled does not load: SIG/);
    expect(ours()).toEqual(before);
  });

  it('does without where there is no compiler, and says so', async () => {
    writeFileSync(join(sourceDir, 'addon.cc'), source(43));
    vi.stubEnv('PATH', '/nowhere');
    vi.stubEnv('CXX', 'no-such-compiler');
    const { compiler } = await availableCompiler();
    if (compiler !== null) return;
    expect((await compile()).problem).toBe(
      'there is no C++ compiler (CXX names no-such-compiler, which is not there)',
    );
  });
});
