import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '@fin/runtime';
import { npmEnvironment, pythonEnvironment } from '../../tooling/peers/environments.mjs';
import { formatNotebook } from './notebook.mjs';

const PYTHON = ['nbclient==0.11.0', 'nbformat==5.11.1'];
const NPM = { deno: '2.9.6' };

const cache = join(cacheRoot(), 'walkthrough');
const denoIn = (folder) => join(folder, 'node_modules', '.bin', 'deno');

/** Installs Jupyter's client and Deno in the cache folder, or finds those of an earlier call. @returns the programs */
export function installJupyter(say) {
  return {
    python: pythonEnvironment(join(cache, 'python'), PYTHON, say),
    deno: denoIn(npmEnvironment(join(cache, 'npm'), NPM, say)),
  };
}

const works = (program, args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/**
 * Finds what `installJupyter` installed, else `python3` with nbclient and `deno` on the PATH.
 *
 * @returns the programs; null where one is missing
 */
export function findJupyter() {
  const installed = { python: join(cache, 'python', 'bin', 'python'), deno: denoIn(join(cache, 'npm')) };
  const [python, deno] = [
    existsSync(installed.python) ? installed.python : 'python3',
    existsSync(installed.deno) ? installed.deno : 'deno',
  ];
  return works(python, ['-c', 'import nbclient']) && works(deno, ['--version']) ? { python, deno } : null;
}

/**
 * Executes a notebook in Jupyter with the Deno kernel.
 *
 * @param notebook in nbformat
 * @param folder working folder of the kernel, from which it resolves packages
 * @param programs Python with nbclient, and Deno
 * @param say called with a line per cell
 * @returns the executed notebook
 * @throws when a cell fails, with what Jupyter says
 */
export async function execute(notebook, folder, { python, deno }, say = () => {}) {
  const work = mkdtempSync(join(tmpdir(), 'fin-jupyter-'));
  try {
    const kernel = join(work, 'kernels', 'deno');
    mkdirSync(kernel, { recursive: true });
    const argv = [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'];
    const specification = { argv, display_name: 'Deno', language: 'typescript' };
    writeFileSync(join(kernel, 'kernel.json'), JSON.stringify(specification));
    const [given, executed] = [join(work, 'given.ipynb'), join(work, 'executed.ipynb')];
    writeFileSync(given, formatNotebook(notebook));
    const script = fileURLToPath(new URL('execute.py', import.meta.url));
    const child = spawn(python, [script, given, executed, folder, work], {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      for (const line of text.split('\n')) if (line.startsWith('cell ')) say(line);
    });
    const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (status !== 0) throw new Error(`the notebook failed:\n${said}`);
    return JSON.parse(readFileSync(executed, 'utf8'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
