import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeSamples, walkForwardPeriod } from '@fin/data';
import { RunFolder } from '@fin/run';
import { hasNativeOps } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { foldJob } from '../../src/backtest/fold-job.js';
import { runJobs } from '../../src/backtest/worker-pool.js';
import { backtest, resolveSettings } from '../../src/index.js';
import { walkMarket, walkSettings } from './small-backtest.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const forecasts = (runDir: string) => readFileSync(join(runDir, 'forecasts.csv'), 'utf8');

/** Jobs of two folds whose headlines have no scores, so that each fails. */
function failingJobs() {
  const settings = resolveSettings({ ...walkSettings.forecaster, model: 'a-model', seed: 7 });
  const folds = walkForwardPeriod(makeSamples(walkMarket), {
    from: '2013-10-01',
    refitEvery: 20,
    validationSize: 20,
  });
  const scores = { model: 'a-model', fingerprint: 'none', maxLength: 16, scores: new Map() };
  return folds
    .slice(0, 2)
    .map((fold) => foldJob('test', fold, { variant: 0, seed: 0, settings, scores, pretrained: null }));
}

const options = {
  workers: 1,
  threads: 1,
  backend: 'tensorflow',
  fusedOps: false,
  onProgress: () => {},
  onResult: async () => {},
} as const;

// The processes load the same backend; one backend is enough to test the processes themselves.
describe.runIf(hasNativeOps())('the processes of a backtest', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('give the same forecasts as this process', async () => {
    const [here, there] = [join(folder, 'one-process'), join(folder, 'several')];
    const settings = { ...walkSettings, refitEvery: 40, seeds: 2 };
    await backtest({ market: walkMarket, settings, runDir: here, workers: 0 });
    await backtest({ market: walkMarket, settings, runDir: there, workers: 2 });
    expect(forecasts(there)).toBe(forecasts(here));
  });

  it.runIf(fullTier)('come to the same forecasts after kill -9 in the middle', async () => {
    const [here, killed] = [join(folder, 'here'), join(folder, 'killed')];
    await backtest({ market: walkMarket, settings: walkSettings, runDir: here, workers: 0 });
    const script = fileURLToPath(new URL('./backtest-that-is-killed.mjs', import.meta.url));
    const settings = JSON.stringify(walkSettings);
    const child = spawn(process.execPath, [script, killed, settings], { stdio: 'inherit' });
    const checkpoints = join(killed, 'checkpoints');
    const done = () =>
      existsSync(checkpoints) ? readdirSync(checkpoints).filter((name) => name.endsWith('.json')) : [];
    while (done().length < 2 && child.exitCode === null) await setTimeout(20);
    await ended(child, 'SIGKILL');
    expect(done().length).toBeLessThan(6);
    const resumed: unknown[] = [];
    await backtest({
      market: walkMarket,
      runDir: killed,
      resume: true,
      workers: 2,
      onEvent: (event) => event.kind === 'resume' && resumed.push(event.done),
    });
    expect(resumed[0]).toBeGreaterThanOrEqual(2);
    expect(forecasts(killed)).toBe(forecasts(here));
    await RunFolder.open(killed, 'backtest');
  });

  it('report an error with fold and seed', async () => {
    await expect(runJobs(failingJobs(), options)).rejects.toMatchObject({
      name: 'FoldError',
      kind: 'input',
      fold: 0,
      seed: 7,
      message: expect.stringMatching(
        /^fold 0 \(from 2013-10-01\), seed 7: there is no score of the headline/,
      ),
    });
  });

  it('report it when one of them ends unexpectedly', async () => {
    vi.stubEnv('NODE_OPTIONS', '--require ./not-there.cjs');
    await expect(runJobs(failingJobs(), options)).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(/its process ended with exit code 1, and wrote: [\s\S]*not-there/),
    });
  });

  it('are ended when the signal stops the work', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const work = runJobs(failingJobs(), { ...options, workers: 2, signal: controller.signal });
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
  });
});

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  if (child.exitCode === null) await closed;
}
