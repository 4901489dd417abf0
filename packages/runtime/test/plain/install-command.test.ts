import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Machine } from './install-support/machine.js';

const bin = fileURLToPath(new URL('../../bin/fin-runtime.js', import.meta.url));

let here: Machine;
beforeEach(() => {
  // npm's tarball is a made-up one here, which the command refuses: it never gets as far as a download.
  here = new Machine(['npm']);
});
afterEach(() => here.remove());

function fin(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    env: {
      HOME: here.dir,
      PATH: join(here.dir, 'bin'),
      FIN_CACHE_DIR: here.cache,
      FAKE_LOG: here.log,
      FAKE_INDEX: here.index,
      ...env,
    },
  });
}

it('explains itself', () => {
  const { status, stdout } = fin(['--help']);
  expect(status).toBe(0);
  for (const word of ['install', 'doctor', 'where', 'FIN_TENSORFLOW_DIR', 'FIN_CACHE_DIR']) {
    expect(stdout).toContain(word);
  }
  expect(fin(['install', '--help']).stdout).toContain('--optional');
  expect(fin(['nonesuch']).status).toBe(1);
});

it('install fails with reasons on stderr and nothing on stdout', () => {
  const { status, stdout, stderr } = fin(['install']);
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('Native TensorFlow could not be provided');
  expect(stderr).toContain('known to be good');
});

it('install --optional is content, and --json prints one document', () => {
  const { status, stdout } = fin(['install', '--optional', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'impossible',
    installation: null,
    cacheDir: here.cache,
  });
});

it('install takes a wrong FIN_TENSORFLOW_DIR for an error of the user, also with --optional', () => {
  mkdirSync(join(here.dir, 'own'));
  const { status, stderr } = fin(['install', '--optional'], { FIN_TENSORFLOW_DIR: join(here.dir, 'own') });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^FIN_TENSORFLOW_DIR names .*\n$/);
});

it('where says that there is none', () => {
  const { status, stdout, stderr } = fin(['where', '--json']);
  expect(status).toBe(1);
  expect(stdout).toBe('null\n');
  expect(stderr).toContain('fin-runtime install');
});

it('doctor reports, as text and as one document', () => {
  const text = fin(['doctor']);
  expect(text.status).toBe(0);
  expect(text.stdout).toContain('npx --package @fin/runtime fin-runtime install');
  const report = JSON.parse(fin(['doctor', '--json']).stdout);
  expect(report).toMatchObject({ installation: null, backend: { name: 'wasm' }, cache: { dir: here.cache } });
});
