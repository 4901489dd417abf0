import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { availableCompiler, findInstallation, installTensorFlow } from '../../src/index.js';

const dist = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

/** Runs a program in a process of its own; the build is imported, as users do. */
function run(program: string, env: NodeJS.ProcessEnv = {}) {
  const { TF_CPP_MIN_LOG_LEVEL: _, ...inherited } = process.env;
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd,
    env: { ...inherited, FIN_BACKEND: 'tensorflow', ...env },
  });
}

const COMPUTE = `
  import * as tf from '@tensorflow/tfjs-core';
  import { loadTensorFlow } from ${dist('index.js')};
  await loadTensorFlow();
  console.log(tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).arraySync().join());`;

/** Writes to file descriptor 2 as a library does that is being loaded. */
const LOADING = (then: string) => `
  import { writeSync } from 'node:fs';
  import { startUpLinesHidden } from ${dist('backend/start-up-lines.js')};
  const load = await startUpLinesHidden();
  load(() => {
    writeSync(2, 'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n');
    writeSync(2, 'I0000 00:00:1 2 port.cc:153] oneDNN custom operations are on. You may see\\n');
    writeSync(2, 'W0000 00:00:1 2 cuda.cc:1] no driver\\n');
    writeSync(2, 'E0000 00:00:1 2 x.cc:1] broken');
    ${then}
  });`;
const PROBLEMS = 'W0000 00:00:1 2 cuda.cc:1] no driver\nE0000 00:00:1 2 x.cc:1] broken';

const possible =
  (await findInstallation()) !== null && (await availableCompiler()).compiler?.kind === 'system';

describe.runIf(possible)('stderr while TensorFlow loads', () => {
  beforeAll(async () => {
    await installTensorFlow({ keepCpuBuild: true });
  });

  it('is empty for a program that loads it and computes', () => {
    expect(run(COMPUTE)).toMatchObject({ status: 0, stdout: '2,2,2,2\n', stderr: '' });
  });

  it('has all lines for who asks for them', () => {
    expect(run(COMPUTE, { TF_CPP_MIN_LOG_LEVEL: '0' }).stderr).toMatch(/oneDNN|cpu_feature_guard|absl/);
  });

  it('has what the library reports as a warning or an error', () => {
    expect(run(LOADING(''))).toMatchObject({ status: 0, stderr: PROBLEMS });
  });

  it('has it if loading fails', () => {
    const { status, stderr } = run(LOADING('throw new Error("does not load");'));
    expect(status).toBe(1);
    expect(stderr.startsWith(PROBLEMS)).toBe(true);
    expect(stderr).toContain('does not load');
  });

  it.each(['process.abort()', "process.kill(process.pid, 'SIGSEGV')", 'process.reallyExit(3)'])(
    'has it if the process ends: %s',
    (end) => {
      const { status, stderr } = run(LOADING(end));
      expect(status).not.toBe(0);
      expect(stderr).toContain(PROBLEMS);
    },
  );
});
