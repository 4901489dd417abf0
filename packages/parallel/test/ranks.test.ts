import { fileURLToPath } from 'node:url';
import { fullTier } from '@fin/testkit';
import { hasMpi, runRanks, sparesOthers } from '@fin/testkit/mpi';
import { describe, expect, it } from 'vitest';

const program = (name: string) => fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));

/** The JSON lines of a program, in the order of the ranks. */
function linesOf<T extends { readonly rank: number }>(stdout: string): T[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as T).sort((a, b) => a.rank - b.rank);
}

describe.runIf(hasMpi)('three ranks', { timeout: 180_000 }, () => {
  it('compute every operation', async () => {
    const { code, stdout, stderr } = await runRanks(3, [program('collectives')]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const results = linesOf(stdout);
    expect(results).toHaveLength(3);
    for (const [rank, result] of results.entries()) {
      expect(result).toEqual({
        ...{
          rank,
          worldSize: 3,
          threads: expect.any(Number),
          library: expect.stringMatching(/^[ -~]*MPI[ -~]*$/),
        },
        ...{ sums: [3, 3, 1.5], least: [1, -2], largest: [2], copied: [2, 14] },
        long: true,
        numbers: [expect.closeTo(0.3, 14), expect.closeTo(3e-9, 20)],
        value: { from: 1, nan: null },
        nan: true,
        gathered: ['', 'x'.repeat(10), 'x'.repeat(20)],
      });
    }
  });

  /** @returns what the surviving ranks said */
  const lose = async (how: 'kill' | 'fail', delay: number) => {
    const { code, stdout } = await runRanks(3, [program('loss'), how, String(delay)]);
    expect(code).not.toBe(0);
    return linesOf<{ readonly rank: number; readonly lost: number | null; readonly message: string }>(stdout);
  };

  const delays = fullTier ? Array.from({ length: 20 }, () => Math.random() * 300) : [20];
  it.each(delays)('name the one that is killed after %s ms, and do not wait for it', async (delay) => {
    const said = await lose('kill', delay);
    const ranks = said.map(({ rank }) => rank);
    if (sparesOthers) expect(ranks).toEqual([0, 2]);
    else expect([0, 2]).toEqual(expect.arrayContaining(ranks)); // some are killed before they can say anything
    const killed = sparesOthers ? [1] : [0, 1, 2];
    for (const { lost, message } of said) {
      expect(killed).toContain(lost);
      expect(message).toMatch(new RegExp(`^rank ${lost} \\(process \\d+ on .+\\) is lost: it was killed`));
    }
  });

  it('pass on why one of them fails', async () => {
    const [first] = await lose('fail', 10);
    expect(first.lost).toBe(1);
    expect(first.message).toMatch(/^rank 1 \(process \d+ on .+\) failed: the disk is full$/);
  });
});
