import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes a Python environment, or finds the one of an earlier run.
 *
 * @param dir its folder
 * @param packages as for pip, with versions
 * @param say called with progress
 * @returns path of its Python
 */
export function pythonEnvironment(dir, packages, say) {
  const python = join(dir, 'bin', 'python');
  if (isComplete(dir, packages)) return python;
  say(`making a Python environment with ${packages.join(', ')}; this may take minutes`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dirname(dir), { recursive: true });
  execFileSync('python3', ['-m', 'venv', dir], { stdio: ['ignore', 2, 2] });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: ['ignore', 2, 2] });
  complete(dir, packages);
  return python;
}

/**
 * Makes a folder with npm packages, or finds the one of an earlier run. Their install scripts do not run.
 *
 * @param packages versions by name
 * @returns the folder
 */
export function npmEnvironment(dir, packages, say) {
  if (isComplete(dir, packages)) return dir;
  const names = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  say(`installing ${names.join(', ')}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: dir,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`${names.join(', ')} could not be installed`);
  complete(dir, packages);
  return dir;
}

const MARK = '.complete.json';

function isComplete(dir, content) {
  const file = join(dir, MARK);
  return existsSync(file) && readFileSync(file, 'utf8') === JSON.stringify(content);
}

function complete(dir, content) {
  writeFileSync(join(dir, MARK), JSON.stringify(content));
}
