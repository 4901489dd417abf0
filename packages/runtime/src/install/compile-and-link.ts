import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { inWorkFolder } from './cache-folders.js';
import type { Compiler } from './compiler.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import { lastLines, runProcess } from './processes.js';

/** A shared library to make from C++17. */
export interface LinkTarget {
  /** Paths of the sources; their file names differ. */
  readonly sources: readonly string[];
  /** Flags of the compilation. */
  readonly flags: readonly string[];
  /** Flags of linking, after the objects: libraries, and where they are found. */
  readonly linkFlags: readonly string[];
  /** Path of the library to write. */
  readonly output: string;
}

/** Flags of compiling and of linking. */
const BOTH = ['-O3', '-std=c++17', '-fPIC', '-pthread', '-fvisibility=hidden'];

/** Time limit for all sources together, far above what any needs. */
const COMPILE_MS = 30 * 60_000;

/**
 * Compiles each source to an object file, as many at a time as there are processors, and links them. The first failure ends the
 * other compilers.
 *
 * @throws StepImpossible with the compiler's message
 * @throws InstallInterrupted if the job is aborted
 */
export async function compileAndLink(job: Job, compiler: Compiler, target: LinkTarget): Promise<void> {
  const { sources, flags, linkFlags, output } = target;
  const deadline = Date.now() + COMPILE_MS;
  await inWorkFolder(job.layout, 'addon', async (dir) => {
    const objects = sources.map((source) => join(dir, `${basename(source)}.o`));
    let done = 0;
    await inParallel(sources.length, job.signal, async (i, signal) => {
      const args = [...BOTH, ...flags, '-c', sources[i], '-o', objects[i]];
      await runCompiler(compiler, args, deadline, signal);
      done += 1;
      job.report({ kind: 'progress', done, total: sources.length });
    });
    const args = [
      ...[...BOTH, '-shared'],
      // Node defines the Node-API functions when it loads the library.
      ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
      ...[...objects, '-o', output, ...linkFlags],
    ];
    await runCompiler(compiler, args, deadline, job.signal);
  });
}

/**
 * Calls `run` with 0 to `count` - 1, for as many at a time as there are processors. The first error aborts the signal of the others
 * and is thrown when all have ended.
 */
async function inParallel(
  count: number,
  outer: AbortSignal | undefined,
  run: (i: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const signal = outer ? AbortSignal.any([outer, failed.signal]) : failed.signal;
  const errors: unknown[] = [];
  let next = 0;
  const takeTurns = async () => {
    try {
      while (next < count && errors.length === 0) await run(next++, signal);
    } catch (error) {
      errors.push(error);
      failed.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, takeTurns));
  if (errors.length > 0) throw errors[0];
}

async function runCompiler(
  { command: [program, ...first], env, name }: Compiler,
  args: readonly string[],
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const timeoutMs = Math.max(1, deadline - Date.now());
  const result = await runProcess(program, [...first, ...args], { env, signal, timeoutMs });
  if (result.code === 0) return;
  const complaint = result.timedOut
    ? 'no end in sight'
    : lastLines(result.stderr || `exit code ${result.code}`, 6);
  throw new StepImpossible(`${name} could not compile it: ${complaint}`);
}
