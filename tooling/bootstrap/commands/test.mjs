import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { runCommand } from '../run-command.mjs';
import { say } from '../say.mjs';
import { tensorFlowKey } from '../steps/native.mjs';
import { inRoot } from '../workspace.mjs';
import { runSetup } from './setup.mjs';

/** Sums up what vitest wrote for each package (a cached run's file is restored with it). */
function summary() {
  const sums = { passed: 0, failed: 0, skipped: 0 };
  for (const group of ['packages', 'apps', 'tooling']) {
    for (const name of readdirSync(inRoot(group))) {
      const file = join(inRoot(group, name), '.fin', 'test-results.json');
      if (!existsSync(file)) continue;
      const results = JSON.parse(readFileSync(file, 'utf8'));
      sums.passed += results.numPassedTests;
      sums.failed += results.numFailedTests;
      sums.skipped += results.numPendingTests + results.numTodoTests;
    }
  }
  return `${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`;
}

/** What is among the shared study data, by name: tests that need a file skip without it, so results depend on it. */
function sharedKey() {
  const folder = process.env.FIN_SHARED_DIR ?? inRoot('..', 'shared');
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .filter((name) => /^(data|models)/.test(name))
        .sort()
        .join(' ')
    : 'none';
}

/** `npm run test:full`: `npm test` with the long tests, and with whole pipelines on every backend. */
export const runFullTests = (args) => runTests(args, { FIN_TEST_FULL: '1' });

/** Lint, types and every package's tests on every backend found. Arguments go to turbo (`--filter=@fin/data`). */
export async function runTests(args, tier = {}) {
  await runSetup();
  const env = { ...tier, FIN_TENSORFLOW_KEY: await tensorFlowKey(), FIN_SHARED_KEY: sharedKey() };
  const lint = await runCommand('biome', ['ci', '.']);
  say('running types and tests of every package on every backend found');
  const tests = await runCommand(
    'turbo',
    ['run', 'typecheck', 'test', '--continue', '--concurrency=2', '--output-logs=full', ...args],
    { env, stdout: 'inherit' },
  );
  process.stdout.write(`${summary()}\n`);
  if (lint.code !== 0) say('the linter found something (see above): `npm run format` mends most of it');
  return tests.code || lint.code;
}
