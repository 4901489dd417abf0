import process from 'node:process';
import { machineEnvironment, testEnvironment } from '../environment.mjs';
import { root, runCommand, say } from '../step.mjs';
import { startSum } from '../test-sum.mjs';
import { runSetup } from './setup.mjs';

/** `npm run test:full`: `npm test` with the long tests, and with whole pipelines on every backend. */
export const runFullTests = (args) => runTests(args, { FIN_TEST_FULL: '1' });

/** Lint, types and every package's tests on every backend found. Arguments go to turbo (`--filter=@fin/data`). */
export async function runTests(args, tier = {}) {
  await runSetup();
  const env = { ...tier, ...(await machineEnvironment()), ...testEnvironment() };
  const lint = await runCommand('biome', ['ci', '.']);
  say('running types and tests of every package on every backend found');
  const sum = startSum(root);
  const turbo = [
    'run',
    'typecheck',
    'test',
    '--continue',
    '--concurrency=3', // two cores: tests of processes, browsers and servers often wait
    '--output-logs=full',
    '--summarize',
  ];
  const { code } = await runCommand('turbo', [...turbo, ...args], { env, stdout: 'inherit' });
  if (lint.code !== 0) say('the linter found something (see above): `npm run format` fixes most of it');
  const { line, exitCode, notes } = sum({ lint: lint.code, turbo: code });
  for (const note of notes) say(note);
  process.stdout.write(`${line}\n`);
  return exitCode;
}
