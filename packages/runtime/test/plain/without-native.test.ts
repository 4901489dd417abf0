import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstallation } from '../../src/index.js';
import { cacheLayout } from '../../src/install/cache-layout.js';
import { bindingKey } from '../../src/install/tensorflow-copy.js';

const build = new URL('../../dist/index.js', import.meta.url).href;
let emptyCache = '';

beforeAll(async () => {
  emptyCache = await mkdtemp(join(tmpdir(), 'fin-runtime-'));
});
afterAll(() => rm(emptyCache, { recursive: true }));

/** Runs a program with this package and an empty cache, so with no native TensorFlow. */
async function run(program: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { FIN_TENSORFLOW_DIR, FIN_BACKEND, ...inherited } = process.env;
  const { stdout } = await promisify(execFile)(
    execPath,
    ['--input-type=module', '-e', `import * as runtime from '${build}';\n${program}`],
    {
      env: { ...inherited, FIN_CACHE_DIR: emptyCache, ...env },
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    },
  );
  return JSON.parse(stdout);
}

const reported = `
  try { const { backend, notes } = await runtime.loadTensorFlow(); console.log(JSON.stringify({ backend, notes })); }
  catch ({ name, kind, message }) { console.log(JSON.stringify({ name, kind, message })); }`;

/** A cache like this machine's whose compiled addon is rubbish. */
async function damagedCache(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fin-runtime-damaged-'));
  const [real, damaged] = [cacheLayout(), cacheLayout(root)];
  await symlink(real.tensorflow, damaged.tensorflow);
  await symlink(dirname(real.tfjsNode), dirname(damaged.tfjsNode));
  for (const key of await readdir(real.tensorflow)) {
    const manifest = JSON.parse(
      await readFile(join(real.binding, bindingKey(key, real.root), 'manifest.json'), 'utf8'),
    );
    const dir = join(damaged.binding, bindingKey(key, root));
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, manifest.path), 'not a library');
    await writeFile(join(dir, 'manifest.json'), JSON.stringify({ ...manifest, files: {} }));
  }
  return root;
}

/** Whether this machine's cache holds a native TensorFlow. */
const inCache = (await findInstallation())?.tensorflowDir.startsWith(cacheLayout().root) ?? false;

describe.skipIf(!inCache)('with a native TensorFlow that does not load', () => {
  it('goes on with wasm and says why and what to do', async () => {
    const root = await damagedCache();
    expect(await run(reported, { FIN_CACHE_DIR: root })).toEqual({
      backend: 'wasm',
      notes: [expect.stringMatching(/^tensorflow: .* does not load \(.*\)\. Run `fin install` .* again/s)],
    });
    await rm(root, { recursive: true });
  });
});

describe('on a machine without native TensorFlow', () => {
  it('goes on with wasm and says why and what to do', async () => {
    expect(await run(reported)).toEqual({
      backend: 'wasm',
      notes: [
        'tensorflow: no native TensorFlow is installed: ' +
          'run `fin install` (with @fin/cli) or `npx --package @fin/runtime fin-runtime install`.',
      ],
    });
  });

  it('leaves the errors of the program to the program', async () => {
    const program = `
      const counts = () => ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
      const before = counts();
      await runtime.loadTensorFlow();
      console.log(JSON.stringify({ before, after: counts() }));`;
    expect(await run(program)).toEqual({ before: [0, 0], after: [0, 0] });
  });

  it('fails when the native backend was asked for by name', async () => {
    expect(await run(reported, { FIN_BACKEND: 'tensorflow' })).toEqual({
      name: 'BackendUnavailableError',
      kind: 'environment',
      message: expect.stringContaining('npx --package @fin/runtime fin-runtime install'),
    });
  });

  it('names the backends when FIN_BACKEND is none of them', async () => {
    const answer = await run(reported, { FIN_BACKEND: 'cuda' });
    expect(answer).toMatchObject({ message: expect.stringContaining('there are tensorflow, wasm, cpu') });
  });

  it('uses FIN_BACKEND', async () => {
    expect(await run(reported, { FIN_BACKEND: 'cpu' })).toEqual({ backend: 'cpu', notes: [] });
  });

  it('says so to whoever computes before loading', async () => {
    const program = `try { runtime.currentTensorFlow(); } catch ({ name, message }) { console.log(JSON.stringify({ name, message })); }`;
    expect(await run(program)).toEqual({
      name: 'NotLoadedError',
      message: expect.stringContaining('await loadTensorFlow()'),
    });
  });

  it('finds backends without loading one', async () => {
    const program = `
      const reports = await runtime.findBackends();
      console.log(JSON.stringify(reports.map(({ name, available }) => [name, available])));`;
    expect(await run(program)).toEqual([
      ['tensorflow', false],
      ['wasm', true],
      ['cpu', true],
    ]);
  });
});
