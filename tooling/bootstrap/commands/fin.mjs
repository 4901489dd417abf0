import process from 'node:process';
import { ensureBuilt } from '../steps/build.mjs';
import { ensureDependencies } from '../steps/dependencies.mjs';
import { inRoot } from '../workspace.mjs';

/** The `fin` command from a clone: built when needed, then run in the folder the person stands in. */
export async function runFin(args) {
  await ensureDependencies();
  await ensureBuilt();
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  process.argv = [process.argv[0], inRoot('apps', 'cli', 'bin', 'fin.js'), ...args];
  await import('../../../apps/cli/bin/fin.js');
  return process.exitCode ?? 0;
}
