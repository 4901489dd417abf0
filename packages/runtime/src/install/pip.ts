import { StepImpossible } from './errors.js';
import type { RunOptions, RunResult } from './processes.js';
import { findProgram, lastLines, runProcess } from './processes.js';

/** A working pip. */
export interface Pip {
  /** Output of `pip --version`: version, place, Python. */
  readonly version: string;
  run(args: readonly string[], options: RunOptions): Promise<RunResult>;
}

const ANSWER_MS = 30_000;

/** Remedy for a missing pip on this system. */
const FIX =
  process.platform === 'darwin'
    ? 'Install Python 3 with pip (`xcode-select --install` or python.org).'
    : 'Install Python 3 with pip (Debian, Ubuntu: `sudo apt install python3 python3-pip`; Fedora: `sudo dnf install python3-pip`).';

/**
 * Finds pip as a module of `python3` or `python`, or as a program. It is only used to download, with the user's configuration
 * (index, proxy, certificates); the user's Python is not changed.
 *
 * @throws StepImpossible if Python or pip is missing
 */
export async function findPip(signal?: AbortSignal): Promise<Pip> {
  let pythonWithoutPip: string | undefined;
  for (const [name, ...first] of [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']]) {
    const program = findProgram(name);
    if (!program) continue;
    const { code, stdout } = await runProcess(program, [...first, '--version'], {
      signal,
      timeoutMs: ANSWER_MS,
    });
    if (code === 0) {
      return {
        version: stdout.trim(),
        run: (args, options) => runProcess(program, [...first, ...args], options),
      };
    }
    if (first.length > 0) pythonWithoutPip ??= program;
  }
  throw new StepImpossible(
    pythonWithoutPip
      ? `${pythonWithoutPip} has no pip (\`${pythonWithoutPip} -m pip --version\` fails)`
      : 'there is no python3 on the PATH',
    { fix: FIX },
  );
}

/** Error lines of a failed pip. */
export function pipComplaint(result: RunResult): string {
  const errors = result.stderr.split('\n').filter((line) => line.startsWith('ERROR:'));
  return lastLines((errors.length > 0 ? errors.join('\n') : result.stderr) || `exit code ${result.code}`, 2);
}
