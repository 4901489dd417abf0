import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder } from '@fin/run';
import { hasNativeOps } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import type { BacktestEvent, RunBacktestOptions } from '../../src/index.js';
import { backtest, gridVariants, sweep } from '../../src/index.js';
import { changedAfter } from './changed-market.js';
import { ranksInProcess } from './ranks-in-process.js';
import { walkMarket as market, walkSettings } from './small-backtest.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);
const settings = {
  ...walkSettings,
  forecaster: { text: 'none', epochs: 1, window: 3, lstm: { hiddenSize: 2 } },
  seeds: 1,
  variants: gridVariants({ learningRate: [1e-3, 0.1] }),
} as const;
const files = (run: string) =>
  ['forecasts.csv', 'results.json', 'table.md', 'choice.json'].map((name) =>
    readFileSync(join(run, name), 'utf8'),
  );

/** A sweep by several ranks. @param differing options of a rank that differ */
const together = (
  count: number,
  options: Partial<RunBacktestOptions> & { readonly runDir: string },
  differing: Readonly<Record<number, Partial<RunBacktestOptions>>> = {},
) =>
  Promise.allSettled(
    ranksInProcess(count).map((group, rank) =>
      sweep({ market, settings, workers: 0, ...options, ...differing[rank], group }),
    ),
  );

// The trainings are those of a backtest without ranks, which is tested on every backend.
describe.runIf(hasNativeOps())('the ranks of a walk-forward run', () => {
  it('write what one process does; rank 0 alone has the result and sends events', async () => {
    await sweep({ market, settings, workers: 0, runDir: inFolder('alone') });
    const events: BacktestEvent[] = [];
    const silent = { onEvent: () => expect.unreachable() };
    const runDir = inFolder('together');
    const ends = await together(
      3,
      { runDir, onEvent: (event) => events.push(event) },
      { 1: silent, 2: silent },
    );
    expect(ends).toMatchObject([{ value: { run: runDir } }, { value: null }, { value: null }]);
    expect(events.filter(({ kind }) => kind === 'fold')).toHaveLength(5);
    expect(files(runDir)).toEqual(files(inFolder('alone')));
  });

  it('end when one fails, which the others name, and keep what is finished; another number of ranks goes on', async () => {
    const runDir = inFolder('failed');
    const stop = new Error('the disk is gone');
    const onEvent = ({ kind }: BacktestEvent) => {
      if (kind === 'fold') throw stop;
    };
    const ends = await together(2, { runDir }, { 0: { onEvent } });
    expect(ends).toMatchObject([
      { reason: stop },
      {
        reason: {
          name: 'LostRankError',
          message: expect.stringMatching(/^rank 0 .* failed: the disk is gone$/),
        },
      },
    ]);
    const done: number[] = [];
    await together(
      3,
      { runDir, resume: true, settings: undefined },
      {
        0: { onEvent: (event) => event.kind === 'resume' && done.push(event.done) },
      },
    );
    expect(done).toEqual([1]);
    expect(files(runDir)).toEqual(files(inFolder('alone')));
    await RunFolder.open(runDir, 'sweep');
  });

  it.runIf(fullTier)('stop when a signal stops one of them, and the run can be resumed', async () => {
    const runDir = inFolder('stopped');
    const stopped = new AbortController();
    const onEvent = ({ kind }: BacktestEvent) => kind === 'fold' && stopped.abort();
    const ends = await together(2, { runDir, onEvent }, { 1: { signal: stopped.signal } });
    expect(ends).toMatchObject([
      { reason: { name: 'RankStoppedError', message: 'rank 1 was stopped by a signal' } },
      { value: null },
    ]);
    await sweep({ market, runDir, resume: true, workers: 0 });
    expect(files(runDir)).toEqual(files(inFolder('alone')));
  });

  it('refuse to begin with different data', async () => {
    const runDir = inFolder('different');
    const other = { market: changedAfter(market, '2013-10-20', 1.1) };
    const ends = await Promise.allSettled(
      ranksInProcess(2).map((group, rank) =>
        backtest({ market, settings, workers: 0, runDir, group, ...(rank === 1 && other) }),
      ),
    );
    for (const end of ends) {
      expect(end).toMatchObject({
        reason: { message: expect.stringMatching(/data\.fingerprint is .* on rank 0 and .* on rank 1/) },
      });
    }
    await expect(RunFolder.open(runDir)).rejects.toThrow('holds no run');
  });
});
