import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const RESULTS = join('.fin', 'test-results.json');

const names = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

/** Tests of one package as vitest counted them, or null when it wrote no results. */
function readCounts(file) {
  if (!existsSync(file)) return null;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

/**
 * Adds up the tests of one turbo run, and of no other. Call it before the run: it deletes old results. Turbo restores those of the
 * tasks that it takes from its cache, and its summary (`--summarize`) names the tasks that belonged to the run.
 *
 * Call the returned function after the run, with the exit codes of the linter and of turbo. A task without a failed test that failed
 * all the same (types, lint, a test file that cannot be loaded) counts as one failure: the sum shows a failure exactly when the exit
 * code is not 0.
 *
 * @param {string} root the workspace
 */
export function startSum(root) {
  for (const group of ['packages', 'apps', 'tooling']) {
    for (const name of names(join(root, group))) rmSync(join(root, group, name, RESULTS), { force: true });
  }
  rmSync(join(root, 'docs', RESULTS), { force: true });
  const summaries = join(root, '.turbo', 'runs');
  const before = new Set(names(summaries));

  return ({ lint, turbo }) => {
    const [summary] = names(summaries).filter((name) => !before.has(name));
    const tasks = summary ? JSON.parse(readFileSync(join(summaries, summary), 'utf8')).tasks : [];
    const sum = { passed: 0, failed: 0, skipped: 0 };
    const notes = [];
    const fail = (note) => {
      sum.failed++;
      notes.push(note);
    };
    if (lint !== 0) fail('failed: lint');
    for (const { taskId, task, directory, command, execution } of tasks) {
      if (command === '<NONEXISTENT>') continue;
      const failed = (execution?.exitCode ?? 0) !== 0 || execution?.error !== undefined;
      const counts = task === 'test' ? readCounts(join(root, directory, RESULTS)) : null;
      for (const key of Object.keys(sum)) sum[key] += counts?.[key] ?? 0;
      if (failed && !counts?.failed) fail(`failed: ${taskId}`);
      else if (task === 'test' && !counts) fail(`no results of ${taskId}`);
    }
    if (turbo !== 0 && sum.failed === 0) fail(`turbo ended with exit code ${turbo}`);
    return {
      line: `${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`,
      exitCode: turbo || lint || (sum.failed > 0 ? 1 : 0),
      notes,
    };
  };
}
