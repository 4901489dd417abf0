import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The processors that a rank may use. */
export interface RankCores {
  readonly host: string;
  /** Numbers of the processors; null where the system does not tell. */
  readonly allowed: readonly number[] | null;
  /** Their number. */
  readonly count: number;
}

/** The processors that this process may use. */
export function coresOfProcess(host: string): RankCores {
  const allowed = allowedProcessors();
  return { host, allowed, count: allowed?.length ?? availableParallelism() };
}

/**
 * Threads of a rank: its share of the processors, each of which is divided among all ranks that may use it. At least 1.
 *
 * @param all processors of all ranks, by rank
 */
export function threadsOf(rank: number, all: readonly RankCores[]): number {
  const own = all[rank];
  const neighbours = all.filter(({ host }) => host === own.host);
  const { allowed } = own;
  if (allowed === null) return Math.max(1, Math.floor(own.count / neighbours.length));
  const share = allowed.reduce((sum, processor) => {
    const users = neighbours.filter((other) => other.allowed?.includes(processor) ?? true).length;
    return sum + 1 / users;
  }, 0);
  return Math.max(1, Math.floor(share + 1e-9));
}

/** Linux tells the processors as a list of ranges, such as `0-3,8`. */
function allowedProcessors(): number[] | null {
  if (process.platform !== 'linux') return null;
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return list ? parseRanges(list) : null;
  } catch {
    return null;
  }
}

/** Numbers of a list such as `0-3,8`. */
export function parseRanges(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
