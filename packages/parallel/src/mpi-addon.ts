import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { InstallListener } from '@fin/runtime';
import { MpiUnavailableError } from './errors.js';
import { findMpi } from './find-mpi.js';

/** Exports of the compiled addon. */
export interface MpiAddon {
  run(operation: number, data: Float32Array | Float64Array | Uint8Array, root: number): Promise<void>;
  runSync(operation: number, data: Float32Array | Float64Array | Uint8Array, root: number): void;
  /** Ends what waits for other ranks, with an error. */
  abandon(): void;
  /** Known after `operations.init`. */
  describe(): {
    readonly rank: number;
    readonly size: number;
    readonly library: string;
    readonly host: string;
  };
}

/** Numbers of the operations in the addon. */
export const operations = {
  barrier: 0,
  broadcast: 1,
  sum: 2,
  min: 3,
  max: 4,
  gather: 5,
  init: 6,
  finalize: 7,
} as const;

const SOURCE_DIR = fileURLToPath(new URL('../native', import.meta.url));

/** Remedy where MPI is missing. */
const FIX =
  'install one (Debian, Ubuntu: `apt-get install openmpi-bin libopenmpi-dev`; on a cluster: `module load openmpi`), or name its compiler wrapper in MPICC';

/**
 * Compiles the addon into the cache, or finds it there.
 *
 * @returns its path
 * @throws MpiUnavailableError with the reason and the fix
 */
export async function compileMpiAddon(onEvent?: InstallListener, signal?: AbortSignal): Promise<string> {
  const mpi = await findMpi();
  if (!mpi) throw new MpiUnavailableError(`There is no MPI on the PATH (mpicc): ${FIX}.`);
  const { compileAddon } = await import('@fin/runtime');
  const { path, problem } = await compileAddon({
    name: 'fin-parallel',
    sourceDir: SOURCE_DIR,
    flags: mpi.compile,
    linkFlags: mpi.link,
    tensorFlow: false,
    onEvent,
    signal,
  });
  if (path === null) throw new MpiUnavailableError(`MPI cannot be used: ${problem}.`);
  return path;
}

/** @throws MpiUnavailableError with the reason and the fix */
export async function loadMpiAddon(onEvent?: InstallListener): Promise<MpiAddon> {
  const path = await compileMpiAddon(onEvent);
  try {
    return createRequire(import.meta.url)(path) as MpiAddon;
  } catch (error) {
    throw new MpiUnavailableError(`MPI cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}
