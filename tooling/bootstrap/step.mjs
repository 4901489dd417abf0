import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Folder of the workspace's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Path inside the workspace. */
export const inRoot = (...parts) => join(root, ...parts);

/** Prints a line about progress. All of it goes to stderr: stdout belongs to the command. */
export const say = (text) => process.stderr.write(`fin: ${text}\n`);

/** A step that failed. The message says what to do next; it is empty when the step has printed one itself. */
export class StepFailed extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'StepFailed';
    this.exitCode = exitCode;
  }
}

/** Environment of child processes: the workspace's own tools come first on the PATH, and turbo sends no usage statistics. */
const childEnvironment = (extra) => ({
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
 * @returns {Promise<{ code: number, stdout: string, output: string }>} exit code (128 + signal number after a signal) and, with
 *   `capture`, what the program printed on stdout, and on both
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
    const printed = { stdout: [], output: [] };
    child.stdout?.on('data', (chunk) => {
      printed.stdout.push(chunk);
      printed.output.push(chunk);
    });
    child.stderr?.on('data', (chunk) => printed.output.push(chunk));
    // A terminal sends Ctrl-C to the child as well: wait until it has cleaned up.
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
        stdout: Buffer.concat(printed.stdout).toString(),
        output: Buffer.concat(printed.output).toString(),
      });
    });
  });
}
