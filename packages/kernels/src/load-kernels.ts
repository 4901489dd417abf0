import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { InstallListener } from '@fin/runtime';
import { compileAddon, findInstallation, loadTensorFlow } from '@fin/runtime';
import { routeBfloat16Products } from './bfloat16-products.js';
import { packEncoderWeights } from './encoder/pack-weights.js';
import type { KernelsAddon, KernelsReport } from './state.js';
import { kernelsState } from './state.js';

export interface LoadKernelsOptions {
  /** Receives the progress of the compilation, which takes about half a minute on two processors the first time. @default none */
  readonly onEvent?: InstallListener;
  /** Threads of each op, for a process that shares the machine with others. @default one per processor */
  readonly threads?: number;
}

/**
 * Compiler flags. The first keeps rounding the same with every compiler: no sum is contracted into a fused multiply-add unless the
 * source says so. The next two let square roots and comparisons be vectorized. The last silences GCC's note on the calling
 * convention of functions that are always inlined.
 */
const FLAGS = ['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-Wno-psabi'];

const SOURCE_DIR = fileURLToPath(new URL('../native', import.meta.url));

/**
 * Loads the fused ops into native TensorFlow. Compiles them into the cache on first use. Where that is impossible, the ops of
 * this package run as their composed twins, and the report's notes say why. Loads TensorFlow if necessary.
 *
 * Cheap to call again once the ops are loaded. After a failure the next call tries again, for example after a full disk was
 * cleared or a compiler was installed.
 *
 * `FIN_KERNELS=0` in the environment turns the fused ops off.
 *
 * @example
 * import { loadKernels } from '@fin/kernels';
 * const { available, instructionSet, notes } = await loadKernels();
 */
export function loadKernels(options: LoadKernelsOptions = {}): Promise<KernelsReport> {
  const state = kernelsState();
  const loading = state.loading.then(() => load(options));
  state.loading = loading.catch(() => undefined);
  return loading;
}

async function load({ onEvent, threads }: LoadKernelsOptions): Promise<KernelsReport> {
  const state = kernelsState();
  const { native, backend } = await loadTensorFlow();
  if (native === null) return without(`The backend ${backend} has no native ops.`);
  if (env.FIN_KERNELS === '0') return without('FIN_KERNELS=0 turns the fused ops off.');
  return state.report ?? register(native.isUsingGpuDevice(), onEvent, threads);
}

async function register(
  onGpu: boolean,
  onEvent: InstallListener | undefined,
  wanted: number | undefined,
): Promise<KernelsReport> {
  if (onGpu) return without('TensorFlow computes on a GPU, and the fused ops are for CPUs.');
  const foreign = foreignTensorFlow((await findInstallation())?.libraryDir);
  if (foreign !== undefined) {
    return without(
      `This program brought a TensorFlow of its own (${foreign}), for which the fused ops are not made.`,
    );
  }
  const { path, compiler, problem } = await compileAddon({
    name: 'fin-kernels',
    sourceDir: SOURCE_DIR,
    flags: FLAGS,
    onEvent,
  });
  if (path === null) return without(`The fused ops could not be compiled: ${problem}.`);
  let addon: KernelsAddon;
  try {
    addon = createRequire(import.meta.url)(path) as KernelsAddon;
  } catch (error) {
    return without(
      `The fused ops could not be loaded: ${(error as Error).message}. Delete ${dirname(path)} to compile them again.`,
    );
  }
  if (addon.problem !== '') return without(`The fused ops could not be registered: ${addon.problem}.`);
  if (wanted !== undefined) addon.choose('', wanted);
  const { instructionSet, threads, encoderUnit, int8Unit, multipliesBfloat16 } = addon.describe();
  const bfloat16Products = !multipliesBfloat16;
  if (bfloat16Products) routeBfloat16Products();
  packEncoderWeights();
  const found = { instructionSet, threads, bfloat16Products, encoderUnit, int8Unit, compiler };
  const report = { available: true, ...found, notes: [] };
  Object.assign(kernelsState(), { addon, report });
  return report;
}

/**
 * A TensorFlow library in this process other than the installed one. The addon would load the installed one as a second library.
 */
function foreignTensorFlow(libraryDir: string | undefined): string | undefined {
  const loaded = loadedLibraries().filter((path) => /libtensorflow(_cc|_framework)?\./.test(path));
  return loaded.find((path) => !libraryDir || realpathSync(dirname(path)) !== realpathSync(libraryDir));
}

/** Paths of the shared libraries in this process; none under Deno, whose report does not list them. */
function loadedLibraries(): readonly string[] {
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report;
  // Otherwise the report resolves the names of network peers, which can take seconds.
  const excludeNetwork = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    return (report.getReport() as { readonly sharedObjects?: readonly string[] }).sharedObjects ?? [];
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

function without(note: string): KernelsReport {
  return {
    available: false,
    instructionSet: null,
    threads: 0,
    bfloat16Products: false,
    encoderUnit: null,
    int8Unit: null,
    compiler: null,
    notes: [note],
  };
}
