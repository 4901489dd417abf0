import { fileURLToPath } from 'node:url';
import { allClose } from '@fin/testkit';
import { hasMpi, runRanks } from '@fin/testkit/mpi';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../programs/scaled-ranks.mjs', import.meta.url));

interface Fitted {
  /** Loss scale after each update, and how many updates were skipped. */
  readonly updates: readonly (readonly [scale: number, skipped: number])[];
  readonly fitted: readonly number[];
}

async function fitOn(ranks: number): Promise<Fitted> {
  const { stdout, stderr } = await runRanks(ranks, [PROGRAM]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Fitted;
}

it.runIf(hasMpi)(
  'several ranks skip an update together when the gradients of one of them overflow, and keep the same loss scale',
  async () => {
    const alone = await fitOn(1);
    const skipped = alone.updates.filter(([, count]) => count > 0).length;
    expect(skipped).toBeGreaterThan(1);
    expect(skipped).toBeLessThan(alone.updates.length / 2);
    const together = await fitOn(3);
    expect(together.updates).toEqual(alone.updates);
    allClose(together.fitted, alone.fitted, { rtol: 1e-6, atol: 1e-6 });
  },
  240_000,
);
