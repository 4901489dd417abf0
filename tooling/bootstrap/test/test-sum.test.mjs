import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startSum } from '../test-sum.mjs';
import { tinyWorkspace } from './tiny-workspace.mjs';

const TASKS = { test: { outputs: ['.fin/test-results.json'] }, typecheck: {} };
const results = (passed, failed, skipped = 0) =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
  });
/** A script that writes what vitest would, then exits with `code`. */
const test = (code = 0) => `mkdir -p .fin && cp results.json .fin/test-results.json && exit ${code}`;

function run({ turbo, root }, args = [], lint = 0) {
  const sum = startSum(root);
  const { status } = turbo('run', 'test', 'typecheck', '--continue', '--summarize', ...args);
  return sum({ lint, turbo: status });
}

it('adds up the tasks of this run, from the cache too, and no others', () => {
  const workspace = tinyWorkspace({ good: { test: test() }, bad: { test: test(1) } }, TASKS);
  workspace.write('packages/good/results.json', results(3, 0, 2));
  workspace.write('packages/bad/results.json', results(1, 7));

  const all = run(workspace);
  expect(all).toMatchObject({ line: '4 passed, 7 failed, 2 skipped', notes: [] });
  expect(all.exitCode).not.toBe(0);

  // The failures of the run before are not this run's.
  const filtered = run(workspace, ['--filter=good']);
  expect(filtered).toEqual({ line: '3 passed, 0 failed, 2 skipped', exitCode: 0, notes: [] });
  expect(existsSync(join(workspace.root, 'packages/good/.fin/test-results.json'))).toBe(true);
  expect(existsSync(join(workspace.root, 'packages/bad/.fin/test-results.json'))).toBe(false);
});

it('counts a task that failed without a failed test', () => {
  const workspace = tinyWorkspace(
    { types: { typecheck: 'exit 2', test: test() }, silent: { test: 'exit 0' }, crash: { test: 'exit 3' } },
    TASKS,
  );
  workspace.write('packages/types/results.json', results(1, 0));
  const { line, exitCode, notes } = run(workspace, [], 1);
  expect(line).toBe('1 passed, 4 failed, 0 skipped');
  expect(exitCode).not.toBe(0);
  expect(notes.sort()).toEqual([
    'failed: crash#test',
    'failed: lint',
    'failed: types#typecheck',
    'no results of silent#test',
  ]);
});

it('shows a failure where turbo could not run at all', () => {
  const workspace = tinyWorkspace({ good: { test: test() } }, TASKS);
  const { line, exitCode } = run(workspace, ['--filter=nothing-of-this-name']);
  expect(line).toBe('0 passed, 1 failed, 0 skipped');
  expect(exitCode).not.toBe(0);
});
