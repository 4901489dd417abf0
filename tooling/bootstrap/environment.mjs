import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { inRoot, runCommand, StepFailed } from './step.mjs';
import { tensorFlowKey } from './steps/native.mjs';

/**
 * Turbo repeats a task when its files or its variables change. Results also depend on the machine and on files outside the workspace:
 * this module describes those in variables (`FIN_*_KEY`, `FIN_DATA_FINGERPRINT`), which are part of the tasks' hashes.
 */

/** Compilers of the fused ops: with one, other code computes than without. */
const COMPILERS = ['c++', 'g++', 'clang++'];

/** Programs that some tests need and skip without. */
const TEST_PROGRAMS = ['python3', 'chromium', 'google-chrome'];

/** Where each program is on the PATH, a line each. */
function places(programs, path) {
  const find = (program) => {
    const folder = path.split(delimiter).find((each) => each && existsSync(join(each, program)));
    return folder === undefined ? 'none' : realpathSync(join(folder, program));
  };
  return programs.map((program) => `${program} ${find(program)}`).join('\n');
}

/** Name, size and time of every shared data file and model, a line each. */
function sharedFiles(folder) {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => /^(data|models)/.test(name))
    .sort();
  return files
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name), { throwIfNoEntry: false }) ?? {};
      return `${name} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

/** Describes what results depend on besides the workspace: Node, native TensorFlow, compilers. */
export const machineEnvironment = async (env = process.env) => ({
  FIN_NODE_KEY: `${process.version} ${process.platform} ${process.arch}`,
  FIN_TENSORFLOW_KEY: await tensorFlowKey(),
  FIN_TOOLS_KEY: places(COMPILERS, env.PATH ?? ''),
});

/** Describes what decides which tests are skipped: programs and shared files. */
export const testEnvironment = (env = process.env) => ({
  FIN_TESTS_KEY: `${places(TEST_PROGRAMS, env.PATH ?? '')}\n${sharedFiles(env.FIN_SHARED_DIR ?? inRoot('..', 'shared'))}`,
});

/** The folder that `--data DIR`, else `FIN_DATA`, names, as an absolute path; undefined for the synthetic market. */
function dataFolder(name, args, env) {
  try {
    const data = parseArgs({ args, options: { data: { type: 'string' } } }).values.data ?? env.FIN_DATA;
    return data ? resolve(env.INIT_CWD ?? process.cwd(), data) : undefined;
  } catch (error) {
    throw new StepFailed(`${error.message}\nusage: npm run ${name} [-- --data DIR]`, 2);
  }
}

/** Checks the data, so that bad files are reported before any work, and returns the variables that name their place and content. */
export async function dataEnvironment(name, args, env = process.env) {
  const data = dataFolder(name, args, env);
  const named = data ? { FIN_DATA: data } : {};
  const check = [inRoot('apps', 'cli', 'bin', 'fin.js'), 'data', 'check', '--json'];
  const { code, stdout, output } = await runCommand(process.execPath, check, { capture: true, env: named });
  if (code !== 0) throw new StepFailed(output.trimEnd(), code);
  return { ...named, FIN_DATA_FINGERPRINT: JSON.parse(stdout).fingerprint };
}
