import type { ProcessGroup } from '@fin/parallel';
import { LostRankError, singleProcess } from '@fin/parallel';

/** Groups of ranks that are in this process, one for each rank. */
export function ranksInProcess(worldSize: number): ProcessGroup[] {
  let waiting: {
    readonly rank: number;
    readonly value: unknown;
    readonly settle: (all: unknown[]) => void;
  }[] = [];
  const refusals = new Set<(error: Error) => void>();
  let lost: LostRankError | null = null;
  const gather = (rank: number, value: unknown): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      if (lost) return reject(lost);
      refusals.add(reject);
      waiting.push({ rank, value: structuredClone(value), settle: resolve });
      if (waiting.length < worldSize) return;
      const all = waiting.sort((a, b) => a.rank - b.rank);
      waiting = [];
      refusals.clear();
      for (const { settle } of all) settle(all.map((one) => one.value));
    });
  return Array.from({ length: worldSize }, (_, rank) => ({
    ...singleProcess,
    rank,
    worldSize,
    threads: 1,
    allGather: async <T>(value: T) => (await gather(rank, value)) as T[],
    broadcastValue: async <T>(value: T, root = 0) => (await gather(rank, value))[root] as T,
    fail: async (error: Error) => {
      lost ??= new LostRankError(rank, 'here', process.pid, error.message);
      for (const refuse of refusals) refuse(lost);
    },
  }));
}
