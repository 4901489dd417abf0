import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Pinned peers. */
const PYTHON = [
  'torch==2.13.0',
  'transformers==5.24.0',
  'peft==0.21.2',
  'openvino==2026.4.1',
  'onnx==1.23.2',
  'onnxruntime==1.32.0',
];
const NPM = { 'onnxruntime-node': '1.30.0' };

/**
 * Makes a Python environment with the peers, or finds the one of an earlier run.
 *
 * @param cache folder for all environments
 * @param say called with progress
 * @returns path of its Python
 */
export function pythonEnvironment(cache, say) {
  const dir = join(cache, 'python');
  const python = join(dir, 'bin', 'python');
  if (isComplete(dir, PYTHON)) return python;
  say(`making a Python environment with ${PYTHON.join(', ')}; this takes minutes`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  execFileSync('python3', ['-m', 'venv', dir], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PYTHON], { stdio: 'inherit' });
  complete(dir, PYTHON);
  return python;
}

/** Makes a folder with the npm peers, or finds the one of an earlier run. @returns the folder */
export function npmEnvironment(cache, say) {
  const dir = join(cache, 'npm');
  if (isComplete(dir, NPM)) return dir;
  say(
    `installing ${Object.entries(NPM)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
  );
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, dependencies: NPM }));
  // Its install script fetches CUDA libraries, which nothing here uses.
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: dir,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('onnxruntime-node could not be installed');
  complete(dir, NPM);
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
