import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { InstallListener } from '@fin/runtime';
import { compileAddon, findInstallation, loadTensorFlow } from '@fin/runtime';
import { loadedLibraries } from './loaded-libraries.js';
import { takeBfloat16Products } from './products/bfloat16-products.js';
import type { KernelsAddon, KernelsReport } from './state.js';
import { kernelsState } from './state.js';

export interface LoadKernelsOptions {
  /** Told of the compilation, which takes a while the first time. @default nobody */
  readonly onEvent?: InstallListener;
}

/**
 * Values are rounded the same whoever compiles: no sum is contracted to a fused multiply-add that the source does not name. The
 * two others allow square roots and comparisons in vectors. The calling convention that GCC notes concerns inlined functions.
 */
const FLAGS = ['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-Wno-psabi'];

const SOURCE_DIR = fileURLToPath(new URL('../native', import.meta.url));

/**
 * Makes the fused ops available on native TensorFlow: compiles them into the cache on first use or finds them there, and
 * registers them. Where that is not possible the functions of this package compute with ordinary ops, and the report's notes
 * say why. Loads TensorFlow where that has not been done. Cheap to call again; a failure is not tried again in this process.
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

async function load({ onEvent }: LoadKernelsOptions): Promise<KernelsReport> {
  const state = kernelsState();
  const { native, backend } = await loadTensorFlow();
  // Not remembered: another call may find another backend.
  if (native === null) return without(`The backend ${backend} has no native ops.`);
  if (env.FIN_KERNELS === '0') return without('FIN_KERNELS=0 turns the fused ops off.');
  state.report ??= await register(native.isUsingGpuDevice(), onEvent);
  return state.report;
}

async function register(onGpu: boolean, onEvent: InstallListener | undefined): Promise<KernelsReport> {
  if (onGpu) return without('TensorFlow computes on a GPU, and the fused ops are for CPUs.');
  const stranger = strangeTensorFlow((await findInstallation())?.libraryDir);
  if (stranger !== undefined) {
    return without(
      `This program brought a TensorFlow of its own (${stranger}), for which the fused ops are not made.`,
    );
  }
  const { path, compiler, problem } = await compileAddon({
    name: 'fin-kernels',
    sourceDir: SOURCE_DIR,
    flags: FLAGS,
    onEvent,
  });
  if (path === null) return without(`The fused ops could not be compiled: ${problem}.`);
  const addon = createRequire(import.meta.url)(path) as KernelsAddon;
  if (addon.problem !== '') return without(`The fused ops could not be registered: ${addon.problem}.`);
  kernelsState().addon = addon;
  const { instructionSet, threads, multipliesBfloat16 } = addon.describe();
  if (!multipliesBfloat16) takeBfloat16Products();
  const bfloat16Products = !multipliesBfloat16;
  return { available: true, instructionSet, threads, bfloat16Products, compiler, notes: [] };
}

/** A TensorFlow in this process that is not the installed one: the addon would load that one beside it. */
function strangeTensorFlow(libraryDir: string | undefined): string | undefined {
  const loaded = loadedLibraries().filter((path) => /libtensorflow(_cc|_framework)?\./.test(path));
  return loaded.find((path) => !libraryDir || realpathSync(dirname(path)) !== realpathSync(libraryDir));
}

function without(note: string): KernelsReport {
  return {
    available: false,
    instructionSet: null,
    threads: 0,
    bfloat16Products: false,
    compiler: null,
    notes: [note],
  };
}
