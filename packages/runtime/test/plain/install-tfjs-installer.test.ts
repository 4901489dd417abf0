import { existsSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ToolName } from './install-support/machine.js';
import { library, Machine } from './install-support/machine.js';

let here: Machine;
let host: Server;
let env: NodeJS.ProcessEnv;

const open = (tools: readonly ToolName[]) => {
  here = new Machine(tools);
};

beforeEach(async () => {
  host = createServer();
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  env = { TFJS_NODE_CDN_STORAGE: `http://127.0.0.1:${(host.address() as AddressInfo).port}/` };
});

afterEach(() => {
  here.remove();
  host.close();
});

/** What tfjs-node's script does: fills `deps/`, says that it builds, brings a binding, and may fail after all. */
function writeInstaller(steps: { library?: boolean; binding?: boolean }): void {
  const name = library('tensorflow');
  writeFileSync(
    join(here.index, 'install.js'),
    `const { mkdirSync, writeFileSync } = require('node:fs');
if (${steps.library === true}) {
  mkdirSync('deps/include/tensorflow/c', { recursive: true });
  mkdirSync('deps/lib', { recursive: true });
  writeFileSync('deps/include/tensorflow/c/c_api.h', '');
  writeFileSync('deps/lib/${name}', '2.9.1');
  writeFileSync('deps/lib/${library('tensorflow_framework')}', '');
  console.error('* Building TensorFlow Node.js bindings');
}
if (${steps.binding === true}) {
  mkdirSync('lib/napi-v8', { recursive: true });
  writeFileSync('lib/napi-v8/tfjs_binding.node', JSON.stringify({ version: '2.9.1' }));
}
console.error('no such bucket');
process.exitCode = 1;
`,
  );
}

describe("tfjs-node's own installer", () => {
  it('gives the library where there is no python3, and the binding is compiled for it', async () => {
    open(['c++', 'npm']);
    writeInstaller({ library: true });
    const { outcome, stderr } = await here.runHere(env);
    expect(outcome, stderr).toMatchObject({
      status: 'installed',
      installation: { source: 'package', tensorflowVersion: '2.9.1', gpu: false },
    });
    expect(outcome.installation?.libraryDir).toMatch(/lib$/);
    expect(here.calls('c++')).toHaveLength(1);
    expect(here.leftovers()).toEqual([]);
    expect((await here.runHere(env)).outcome.status).toBe('present');
  });

  it('gives the binding too where nothing can be compiled', async () => {
    open(['npm']);
    writeInstaller({ library: true, binding: true });
    const { outcome, stderr } = await here.runHere(env);
    expect(outcome, stderr).toMatchObject({
      status: 'installed',
      installation: { tensorflowVersion: '2.9.1' },
    });
    // Where the binding looks for its library.
    const bindingPath = outcome.installation?.bindingPath ?? '';
    expect(existsSync(join(bindingPath, '..', '..', '..', 'deps', 'lib', library('tensorflow')))).toBe(true);
  });

  it('is of no use without a compiler where it brings no binding', async () => {
    open(['npm']);
    writeInstaller({ library: true });
    const { outcome } = await here.runHere(env);
    expect(outcome.attempts[1].reason).toContain('no binding for this system');
  });

  it('runs no script of npm, and in a temporary folder only', async () => {
    open(['c++', 'npm']);
    writeInstaller({ library: true });
    await here.runHere(env);
    const install = here.calls('npm').find((call) => call.args[0] === 'install');
    expect(install?.args).toContain('--ignore-scripts');
  });

  it('passes on why it failed', async () => {
    open(['c++', 'npm']);
    writeInstaller({});
    const { outcome } = await here.runHere(env);
    expect(outcome.attempts[1].reason).toContain('no such bucket');
    expect(here.leftovers()).toEqual([]);
  });

  it('is not started where its host does not answer', async () => {
    open(['c++', 'npm']);
    writeInstaller({ library: true });
    const { outcome } = await here.runHere();
    expect(outcome.attempts[1]).toMatchObject({
      reason: 'it downloads from 127.0.0.1, which cannot be reached (ECONNREFUSED)',
      fix: expect.stringContaining('127.0.0.1'),
    });
    expect(here.calls('npm').map((call) => call.args[0])).toEqual(['pack']);
  });
});
