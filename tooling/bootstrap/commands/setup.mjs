import process from 'node:process';
import { inRoot, runCommand } from '../step.mjs';
import { ensureBuilt, ensureInstallerBuilt } from '../steps/build.mjs';
import { ensureDependencies } from '../steps/dependencies.mjs';
import { ensureTensorFlow } from '../steps/native.mjs';

/** Prepares the machine: dependencies, then the build and native TensorFlow at the same time. */
export async function runSetup() {
  await ensureDependencies();
  await ensureInstallerBuilt();
  const steps = await Promise.allSettled([ensureBuilt(), ensureTensorFlow()]);
  for (const step of steps) if (step.status === 'rejected') throw step.reason;
  return 0;
}

/** Builds every package. Arguments go to turbo. */
export async function runBuild(args) {
  await ensureDependencies();
  return (await runCommand('turbo', ['run', 'build', ...args], { stdout: 'inherit' })).code;
}

/** Turbo's arguments for the benchmarks: one after another, so that none slows down another. */
export const BENCH = ['run', 'bench', '--concurrency=1'];

/** Runs the benchmarks. Arguments go to turbo. */
export async function runBench(args) {
  await runSetup();
  return (await runCommand('turbo', [...BENCH, ...args], { stdout: 'inherit' })).code;
}

/** Compares this workspace with its peers on this machine. Arguments go to the script. */
export async function runPeers(args) {
  await runSetup();
  const script = inRoot('tooling', 'peers', 'bench.mjs');
  return (await runCommand(process.execPath, [script, ...args], { stdout: 'inherit' })).code;
}

/** Builds the site of the documentation, in `docs/dist`. Arguments go to turbo. */
export async function runDocs(args) {
  await ensureDependencies();
  return (await runCommand('turbo', ['run', 'docs', ...args], { stdout: 'inherit' })).code;
}

/** Executes the walkthrough in Jupyter and keeps its outputs: makes `docs/walkthrough.ipynb`. */
export async function runWalkthrough() {
  await runSetup();
  return (await runCommand('turbo', ['run', 'walkthrough'], { stdout: 'inherit' })).code;
}

/** Runs the `fin` command from a clone, in the folder where the user called it; builds it first when needed. */
export async function runFin(args) {
  await ensureDependencies();
  await ensureBuilt();
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  process.env.FIN_COMMAND = 'npm run -s fin --'; // for the commands that fin suggests
  process.argv = [process.argv[0], inRoot('apps', 'cli', 'bin', 'fin.js'), ...args];
  await import('../../../apps/cli/bin/fin.js');
  return process.exitCode ?? 0;
}
