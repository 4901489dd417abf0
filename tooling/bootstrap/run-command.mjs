import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import process from 'node:process';
import { inRoot, root } from './workspace.mjs';

/** Environment of every child: the workspace's own tools first on the PATH, and no usage statistics sent by turbo. */
export const childEnvironment = (extra = {}) => ({
  ...process.env,
  PATH: [inRoot('node_modules', '.bin'), process.env.PATH].filter(Boolean).join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  ...extra,
});

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, capture?: boolean, stdout?: 'inherit' | 'stderr' }} [options]
 *   `capture` collects stdout and stderr instead of showing them; `stdout: 'stderr'` sends the child's stdout to our stderr.
 * @returns {Promise<{ code: number, output: string }>} exit code (128 + signal number when a signal ended it)
 */
export function runCommand(program, args, { env = {}, capture = false, stdout = 'stderr' } = {}) {
  const [out, err] = capture ? ['pipe', 'pipe'] : [stdout === 'stderr' ? 2 : 'inherit', 'inherit'];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: childEnvironment(env),
      stdio: [capture ? 'ignore' : 'inherit', out, err],
      shell: process.platform === 'win32',
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    // A terminal's Ctrl-C reaches the child as well: stay until it has cleaned up after itself.
    const wait = () => {};
    const passOn = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', passOn);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', passOn);
      resolve({
        code: code ?? 128 + (constants.signals[signal] ?? 0),
        output: Buffer.concat(chunks).toString(),
      });
    });
  });
}
