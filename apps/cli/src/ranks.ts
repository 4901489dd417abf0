import type { ProcessGroup } from '@fin/parallel';
import { initProcessGroup, launched, singleProcess } from '@fin/parallel';
import type { Command } from 'commander';
import type { Terminal } from './io/terminal.js';

/** Commands that several ranks can run together. */
export const RANKED: readonly string[] = ['train', 'finetune', 'backtest', 'ablate', 'sweep', 'merge'];

/** Whether this process is a rank other than 0: it prints nothing and writes no file. */
export const isFollower = (): boolean => (launched()?.rank ?? 0) > 0;

/** Refuses, as an error of the command line, a command that was started as several ranks and runs as one process. */
export function refuseRanks(program: Command): void {
  program.hook('preAction', (_, action) => {
    const place = launched();
    if (!place || (action.parent === program && RANKED.includes(action.name()))) return;
    action.error(
      `error: ${action.name()} runs as one process, and ${place.launcher} started ${place.worldSize}: leave ${place.launcher} out`,
    );
  });
}

/**
 * Joins the ranks that `mpirun` or `srun` started, runs work with them and leaves. A rank that fails tells the others why. A process on its
 * own is a group of one.
 */
export async function withRanks<T>(
  terminal: Terminal,
  work: (group: ProcessGroup) => Promise<T>,
): Promise<T> {
  if (!launched()) return work(singleProcess);
  const group = await initProcessGroup({
    onEvent: (event) => event.kind !== 'progress' && terminal.line(event.text),
  });
  const { worldSize, threads, library } = group;
  terminal.line(
    `${worldSize} ranks over ${library}, ${threads} ${threads === 1 ? 'thread' : 'threads'} on rank 0`,
  );
  try {
    const result = await work(group);
    await group.close();
    return result;
  } catch (error) {
    if ((error as { kind?: string }).kind === 'interrupted') await group.close().catch(() => {});
    else await group.fail(error as Error);
    throw error;
  }
}
