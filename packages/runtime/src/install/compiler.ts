import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunOptions } from './processes.js';
import { findProgram, lastLines, runProcess } from './processes.js';

/** A command that compiles and links C++17. */
export interface Compiler {
  /** Program and its first arguments. */
  readonly command: readonly string[];
  readonly kind: 'system' | 'zig';
  /** Name for messages and the manifest, such as `g++` or `zig c++ 0.17.1`. */
  readonly name: string;
  /** Environment variables that it needs. */
  readonly env: Readonly<Record<string, string>>;
}

/** The usable compiler, and why other commands are not usable. */
export interface AvailableCompiler {
  readonly compiler: Compiler | null;
  readonly passedOver: readonly string[];
}

/** Commands to try, in this order, after `$CXX`. */
const NAMES = ['c++', 'g++', 'clang++'];
const TRIAL = '#include <string>\n#include <node_api.h>\nstd::string greet() { return "hello"; }\n';
const TRIAL_MS = 60_000;

/** Folder of the Node-API headers, from the npm package `node-api-headers`: Node's own may not be installed. */
export function nodeApiHeaders(): string {
  return join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
}

/**
 * Finds a C++ compiler of the system that can compile and link a shared library: `$CXX`, then the usual names.
 *
 * @param scratch folder for the trial
 */
export async function findCompiler(
  signal?: AbortSignal,
  scratch: string = tmpdir(),
): Promise<AvailableCompiler> {
  const passedOver: string[] = [];
  const wanted = process.env.CXX?.trim().split(/\s+/).filter(Boolean) ?? [];
  for (const command of [wanted, ...NAMES.map((name) => [name])]) {
    if (command.length === 0) continue;
    const program = findProgram(command[0]);
    if (!program) {
      if (command === wanted) passedOver.push(`CXX names ${command[0]}, which is not there`);
      continue;
    }
    const complaint =
      (await isStub(signal)) ?? (await tryOut([program, ...command.slice(1)], scratch, { signal }));
    if (complaint === undefined) {
      const compiler: Compiler = {
        command: [program, ...command.slice(1)],
        kind: 'system',
        name: command.join(' '),
        env: {},
      };
      return { compiler, passedOver };
    }
    passedOver.push(`${command.join(' ')} does not compile: ${complaint}`);
  }
  return { compiler: null, passedOver };
}

/** On a Mac without the command line tools every compiler is a stub that opens a dialog, so none is started. */
async function isStub(signal?: AbortSignal): Promise<string | undefined> {
  if (process.platform !== 'darwin') return undefined;
  const { code } = await runProcess('xcode-select', ['-p'], { signal, timeoutMs: TRIAL_MS });
  return code === 0 ? undefined : 'the command line tools are not installed (`xcode-select --install`)';
}

async function tryOut(
  command: readonly string[],
  scratch: string,
  options: RunOptions,
): Promise<string | undefined> {
  const dir = await mkdtemp(join(scratch, 'fin-compiler-'));
  try {
    await writeFile(join(dir, 'trial.cc'), TRIAL);
    const args = ['-std=c++17', '-fPIC', '-shared', `-I${nodeApiHeaders()}`, 'trial.cc', '-o', 'trial.node'];
    const result = await runProcess(command[0], [...command.slice(1), ...args], {
      ...options,
      cwd: dir,
      timeoutMs: TRIAL_MS,
    });
    if (result.code === 0) return undefined;
    return result.timedOut ? 'no answer' : lastLines(result.stderr || `exit code ${result.code}`, 2);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
