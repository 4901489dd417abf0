import { env } from 'node:process';

/** Place of this process among those that a launcher started. */
export interface Launched {
  readonly rank: number;
  readonly worldSize: number;
  /** The command that started it, for messages. */
  readonly launcher: 'mpirun' | 'srun';
}

/** Variables of rank and size: Open MPI's, then those of MPICH, Intel MPI and others that use PMI. */
const MPI_VARIABLES = [
  ['OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE'],
  ['PMI_RANK', 'PMI_SIZE'],
] as const;

/**
 * Reads from the environment whether `mpirun` or `srun` started this process as one of several ranks. Starts nothing.
 *
 * @returns null for a process on its own, or the only rank
 */
export function launched(): Launched | null {
  const [slurmRank, slurmSize] =
    env.SLURM_STEP_ID === undefined ? [] : [env.SLURM_PROCID, env.SLURM_STEP_NUM_TASKS];
  for (const [rank, size] of MPI_VARIABLES) {
    // srun may set PMI's variables; a launcher of MPI may use srun to reach other machines, with other numbers.
    const launcher = env[size] === slurmSize ? 'srun' : 'mpirun';
    const found = place(env[rank], env[size], launcher);
    if (found) return found;
  }
  return place(slurmRank, slurmSize, 'srun');
}

function place(
  rank: string | undefined,
  size: string | undefined,
  launcher: Launched['launcher'],
): Launched | null {
  const worldSize = Number(size);
  return rank !== undefined && worldSize > 1 ? { rank: Number(rank), worldSize, launcher } : null;
}
