import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { InstallInterrupted } from './errors.js';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Ends the process when it ran this long. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Exit code; null where a signal ended the process or it could not be started. */
  readonly code: number | null;
  /** The signal that ended it, such as `SIGILL`. */
  readonly endedBy: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Time between asking a process to end and ending it. */
const GRACE_MS = 3_000;
/** Output kept of each stream; a compiler's complaints can be endless. */
const OUTPUT_LIMIT = 1 << 20;

/**
 * Runs a program to its end with no input, its output collected. The program gets a process group of its own, so that
 * stopping it also stops what it started. A program that cannot be started gives code null and the reason as stderr.
 *
 * @throws InstallInterrupted once `signal` is aborted and the program has ended
 */
export function runProcess(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { cwd, env, signal, timeoutMs } = options;
  if (signal?.aborted) return Promise.reject(new InstallInterrupted('stopped'));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    let startError: Error | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-OUTPUT_LIMIT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-OUTPUT_LIMIT);
    });

    let killer: NodeJS.Timeout | undefined;
    const stop = () => {
      killGroup(child.pid, 'SIGTERM');
      killer ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
    };
    const timer =
      timeoutMs &&
      setTimeout(() => {
        timedOut = true;
        stop();
      }, timeoutMs);
    signal?.addEventListener('abort', stop);

    child.once('error', (error) => {
      startError = error;
    });
    child.once('close', (code, endedBy) => {
      if (timer) clearTimeout(timer);
      clearTimeout(killer);
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) return reject(new InstallInterrupted('stopped'));
      if (startError) return resolve({ code: null, endedBy, timedOut, stdout, stderr: startError.message });
      resolve({ code, endedBy, timedOut, stdout, stderr });
    });
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** The last lines of what a program printed, for an error message. */
export function lastLines(text: string, count = 4): string {
  return text.trim().split('\n').slice(-count).join('\n');
}

/** The first file of this name on the PATH that may be run, or null. A name with a slash is taken as a path. */
export function findProgram(name: string): string | null {
  const places =
    isAbsolute(name) || name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const place of places) {
    const path = place ? join(place, name) : name;
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here.
    }
  }
  return null;
}
