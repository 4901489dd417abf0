import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { InstallInterrupted } from './errors.js';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Time limit; the program is ended after it. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Exit code; null where a signal ended the process or it could not be started. */
  readonly code: number | null;
  /** Signal that ended it, such as `SIGILL`. */
  readonly endedBy: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Time between SIGTERM and SIGKILL. */
const GRACE_MS = 3_000;

/**
 * Runs a program to its end, without input, and collects its output. If the program cannot be started, `code` is null and
 * `stderr` holds the reason.
 *
 * execa runs it. Stopping it is our own: execa ends one process, and a compiler or pip starts others. So the program gets its own
 * process group, and the whole group is ended.
 *
 * @throws InstallInterrupted once `signal` is aborted and the program has ended
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { cwd, env, signal, timeoutMs } = options;
  // Programs that only use TensorFlow start no process, and execa takes long to load.
  const { execa } = await import('execa');
  if (signal?.aborted) throw new InstallInterrupted('stopped');
  const child = execa(program, args, {
    cwd,
    env,
    stdin: 'ignore',
    reject: false,
    stripFinalNewline: false,
    detached: process.platform !== 'win32',
  });
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    killGroup(child.pid, 'SIGTERM');
    killer ??= setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
  };
  let timedOut = false;
  const onTimeout = () => {
    timedOut = true;
    stop();
  };
  const timer = timeoutMs ? setTimeout(onTimeout, timeoutMs) : undefined;
  signal?.addEventListener('abort', stop);
  const result = await child;
  clearTimeout(timer);
  clearTimeout(killer);
  signal?.removeEventListener('abort', stop);
  if (signal?.aborted) throw new InstallInterrupted('stopped');
  const { exitCode = null, signal: endedBy = null, stdout } = result;
  const started = child.pid !== undefined;
  return {
    code: exitCode,
    endedBy: endedBy as NodeJS.Signals | null,
    timedOut,
    stdout,
    stderr: started ? result.stderr : (result.originalMessage ?? ''),
  };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has already ended.
  }
}

/** Last lines of a program's output, for an error message. */
export function lastLines(text: string, count = 4): string {
  return text.trim().split('\n').slice(-count).join('\n');
}

/** Finds an executable file on the PATH; null if there is none. A name with a slash is a path. */
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
