/** Random numbers from a seed, the same on every machine. */
export interface Random {
  /** An integer from 0 to `below` - 1. */
  below(below: number): number;
  /** One of the elements. */
  pick<T>(elements: readonly T[]): T;
}

export function randomFrom(seed: number): Random;

/** A copy with one to four faults: flipped bits, changed numbers, cuts, repeats, pieces of the other inputs. */
export function mutate(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer;

/** Number of cases per outcome, and the time they took. */
export interface FuzzOutcome {
  readonly counts: Record<string, number>;
  readonly milliseconds: number;
  readonly slowestMilliseconds: number;
}

/**
 * Runs `attempt` on `cases` cases (ten times as many in the full tier; `FIN_FUZZ_CASES` overrides both). An attempt returns the name
 * of its outcome, or throws when it finds a fault; the error then names the seed that repeats it.
 */
export function fuzz(
  what: string,
  cases: number,
  attempt: (random: Random) => string | Promise<string>,
): Promise<FuzzOutcome>;

/** Enough for 10^5 cases on a slow machine (ms). */
export const FUZZ_TIMEOUT: number;
