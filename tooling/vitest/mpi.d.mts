/** Whether this machine has an MPI (`mpirun`, `mpicc`). If not, one line on stderr has said so, and tests that need one skip. */
export const hasMpi: boolean;

/** Whether the launcher leaves the other ranks some time when one is killed, as Open MPI's does. That of MPICH kills them at once. */
export const sparesOthers: boolean;

/** Environment variables that let Open MPI start ranks as root, and more of them than there are cores. */
export const PERMISSIONS: Readonly<Record<string, string>>;

/** Starts a Node program as several ranks under `mpirun` and waits for its end. @param args the program and its arguments */
export function runRanks(
  count: number,
  args: readonly string[],
  options?: { readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
