import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Runs a command to its end and returns what it printed on stdout. Throws with all of its output when it fails. */
export function run(program, args, cwd, env = process.env) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...env, NODE_PATH: '' },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${status ?? signal}:\n${stdout}\n${stderr}`);
  }
  return stdout;
}
