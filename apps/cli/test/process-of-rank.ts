import { existsSync, readFileSync } from 'node:fs';

/** The process of a rank among the children of Open MPI's `mpirun`; null if there is none any more. */
export function processOf(rank: number, launcher: number): number | null {
  const list = `/proc/${launcher}/task/${launcher}/children`;
  const children = existsSync(list) ? readFileSync(list, 'utf8').trim().split(' ') : [];
  const found = children.find((child) => environment(child).includes(`OMPI_COMM_WORLD_RANK=${rank}`));
  return found === undefined ? null : Number(found);
}

function environment(child: string): string[] {
  try {
    return readFileSync(`/proc/${child}/environ`, 'latin1').split('\0');
  } catch {
    return []; // it has ended
  }
}
