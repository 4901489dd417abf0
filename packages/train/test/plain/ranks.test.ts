import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allClose, fullTier } from '@fin/testkit';
import { hasMpi, runRanks } from '@fin/testkit/mpi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FitResult } from '../../src/index.js';

const PROGRAM = fileURLToPath(new URL('../programs/fit-ranks.mjs', import.meta.url));

/** Each rank loads TensorFlow, which takes long on a busy machine. */
const TIMEOUT = 240_000;

type Settings = Readonly<Record<string, unknown>>;
type Result = FitResult & { readonly weights: readonly number[]; readonly norms: readonly number[] };

const run = async (ranks: number, settings: readonly Settings[]) =>
  runRanks(ranks, [PROGRAM, JSON.stringify(settings)]);

async function train(ranks: number, ...settings: Settings[]): Promise<Result[]> {
  const { stdout, stderr } = await run(ranks, settings);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Result[];
}

/** To 1e-6: sums of float32 in another order. */
function expectSame(actual: Result, expected: Result) {
  const { steps, reason, best } = actual;
  expect({ steps, reason, best: best?.step }).toEqual({
    steps: expected.steps,
    reason: expected.reason,
    best: expected.best?.step,
  });
  const close = (a: readonly number[], b: readonly number[]) => allClose(a, b, { rtol: 1e-6, atol: 1e-6 });
  close(actual.weights, expected.weights);
  close(actual.epochLosses, expected.epochLosses);
  close(actual.norms, expected.norms);
  const losses = ({ evaluations }: Result) => evaluations.map(({ metrics }) => metrics.loss);
  close(losses(actual), losses(expected));
}

const CASES: Settings[] = [
  {},
  { weighted: true },
  { weighted: true, scale: 1024 },
  { averageDecay: 0.9 },
  { weighted: true, accumulate: 1 },
];

describe.runIf(hasMpi)('several ranks', () => {
  let dir: string;
  let alone: Result[];
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'fin-ranks-'));
    alone = await train(1, ...CASES);
  }, TIMEOUT);
  afterAll(() => rmSync(dir, { recursive: true }));

  // Batches of 5 and one of 2 examples, of which three ranks have shares of 0, 1 and 1.
  it.each(fullTier ? [2, 3, 4] : [3])(
    'train as one process does, on %s ranks: batches that do not divide evenly, dropout, weights, scaling',
    async (ranks) => {
      const together = await train(ranks, ...CASES);
      for (const [i, result] of together.entries()) expectSame(result, alone[i]);
    },
    TIMEOUT,
  );

  it.runIf(fullTier)(
    'stop together when one is told to, and another number of ranks goes on from the checkpoint',
    async () => {
      const settings = { averageDecay: 0.9, dir: join(dir, 'stopped') };
      const [stopped] = await train(3, { ...settings, stopAfter: 4 });
      expect(stopped).toMatchObject({ reason: 'aborted', steps: 5 });
      const [resumed] = await train(2, { ...settings, resume: true });
      expectSame({ ...resumed, norms: alone[3].norms }, alone[3]);
    },
    TIMEOUT,
  );

  const kills = fullTier
    ? Array.from({ length: 20 }, (_, i) => ({ i, ranks: 3, killed: i % 3, after: 1 + (i % 9), later: 2 }))
    : [{ i: 0, ranks: 2, killed: 1, after: 4, later: 1 }];
  it.each(kills)(
    'lose nothing when rank $killed is killed some moment after update $after',
    async ({ i, ranks, killed, after, later }) => {
      const checkpoints = join(dir, `killed-${i}`);
      const { code, stderr } = await run(ranks, [{ dir: checkpoints, killAfter: after, killed }]);
      expect(code).not.toBe(0);
      const said = stderr.split('\n').filter((line) => line.startsWith('{'));
      expect(said).toHaveLength(ranks - 1);
      for (const line of said) {
        const { name, message } = JSON.parse(line);
        expect(name).toBe('LostRankError');
        expect(message).toMatch(new RegExp(`^rank ${killed} \\(process \\d+ on .+\\) is lost`));
      }
      const [resumed] = await train(later, { dir: checkpoints, resume: true });
      expectSame({ ...resumed, norms: alone[0].norms }, alone[0]);
    },
    TIMEOUT,
  );
});
