import type { InstallListener } from '@fin/runtime';
import { MpiUnavailableError } from './errors.js';
import type { Launched } from './launcher.js';
import { launched } from './launcher.js';
import type { ProcessGroup } from './process-group.js';
import { singleProcess } from './single-process.js';

/** Options of {@link initProcessGroup}. */
export interface InitOptions {
  /** Receives the progress of the compilation, which takes some seconds the first time. @default nobody */
  readonly onEvent?: InstallListener;
}

let group: Promise<ProcessGroup> | undefined;

/**
 * Joins the ranks that `mpirun` or `srun` started, as `torch.distributed.init_process_group`. For a process on its own it loads and compiles
 * nothing. The first time, an addon is compiled against the MPI of this machine (Open MPI, MPICH and their relatives). Call it before
 * `loadTensorFlow` and pass its `threads` on. Further calls return the same group.
 *
 * @throws MpiUnavailableError with the reason and the fix
 * @example
 * const group = await initProcessGroup();
 * const sums = Float32Array.of(group.rank, 1);
 * await group.allReduce(sums); // the sums over all ranks, on each of them
 * await group.close();
 */
export function initProcessGroup(options: InitOptions = {}): Promise<ProcessGroup> {
  group ??= open(launched(), options);
  return group;
}

async function open(place: Launched | null, { onEvent }: InitOptions): Promise<ProcessGroup> {
  if (!place) return singleProcess;
  const [{ loadMpiAddon }, { MpiGroup }] = await Promise.all([
    import('./mpi-addon.js'),
    import('./mpi-group.js'),
  ]);
  const opened = await MpiGroup.open(await loadMpiAddon(onEvent));
  if (opened.worldSize === place.worldSize) return opened;
  throw new MpiUnavailableError(
    `${place.launcher} started ${place.worldSize} processes, and MPI (${opened.library}) sees ${opened.worldSize}: ` +
      (place.launcher === 'srun'
        ? 'start them with `srun --mpi=pmix` or `srun --mpi=pmi2`, whichever `srun --mpi=list` shows and MPI was built with.'
        : 'mpirun and mpicc belong to different installations of MPI; put the same one first on the PATH.'),
  );
}
