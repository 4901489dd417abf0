import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syntheticMarket } from '@fin/data';
import { RunFolder, RunUnfinishedError } from '@fin/run';
import { countTensors, hasNativeOps, NO_GROWTH } from '@fin/runtime';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TrainEvent, TrainForecasterOptions } from '../../src/index.js';
import { evaluateRun, runFiles, trainForecaster } from '../../src/index.js';
import { everyCase } from './every-case.js';
import { smallMarket, smallSettings } from './small-run.js';
import { temporaryFolder } from './temporary-folder.js';

/** One headline of two is drawn at each step: which one has to come out the same after a resume. */
const settings = { ...smallSettings, trainHeadlinesPerDay: 1, epochs: 2, batchSize: 24 };
/** An epoch of 86 days. */
const STEPS = 4;
const folder = temporaryFolder();
const straight = join(folder, 'straight');

beforeAll(() => trainForecaster({ market: smallMarket, runDir: straight, settings }));

/** Trains until a step, and then is told to stop, or crashes. */
async function trainUntil(
  step: number,
  how: 'signal' | 'crash',
  options: Partial<TrainForecasterOptions> & { readonly runDir: string },
) {
  const controller = new AbortController();
  return trainForecaster({
    market: smallMarket,
    signal: controller.signal,
    ...options,
    onEvent: (event) => {
      options.onEvent?.(event);
      if (event.kind !== 'step' || event.phase !== 'training' || event.done !== step) return;
      if (how === 'crash') throw new Error('crash');
      controller.abort();
    },
  });
}

/** All that a run came to, bit for bit. */
async function outcome(runDir: string) {
  const run = await RunFolder.open(runDir);
  return {
    files: readdirSync(runDir, { recursive: true }).sort(),
    metrics: run.readMetrics().map((row) => ({ ...row, seconds: 0 })),
    predictions: readFileSync(run.path(runFiles.predictions), 'utf8'),
    weights: readFileSync(run.path(runFiles.weights)).toString('base64'),
  };
}

const checkpoints = (runDir: string) => readdirSync(join(runDir, 'checkpoints')).sort();
const refusal = (options: Partial<TrainForecasterOptions> & { readonly runDir: string }) =>
  trainForecaster({ market: smallMarket, resume: true, ...options }).then(
    () => 'nothing',
    (error: Error) => error.message,
  );

describe('a run that was interrupted', () => {
  it('comes to what it would have, bit for bit, though it was stopped and crashed on the way', async () => {
    const runDir = join(folder, 'interrupted');
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => void events.push(event);
    const growth = await countTensors(async () => {
      expect(await trainUntil(STEPS - 1, 'signal', { runDir, settings })).toBeNull();
      expect(checkpoints(runDir)).toEqual(['step-00000003']);
      await expect(evaluateRun(runDir)).rejects.toThrow(RunUnfinishedError);
      await expect(trainUntil(STEPS + 2, 'crash', { runDir, resume: true, onEvent })).rejects.toThrow(
        'crash',
      );
      expect(checkpoints(runDir)).toContain('step-00000004'); // at the first evaluation
      expect(await trainUntil(STEPS + 1, 'signal', { runDir, resume: true, onEvent })).toBeNull();
      const summary = await trainForecaster({ market: smallMarket, runDir, resume: true, onEvent });
      expect(summary).toMatchObject({ run: runDir, epochs: 2 });
    });
    expect(growth).toEqual(NO_GROWTH);
    expect(events.flatMap((event) => (event.kind === 'resume' ? [event] : []))).toEqual([
      { kind: 'resume', done: 3, total: 8, epoch: 0.75, note: null },
      { kind: 'resume', done: 4, total: 8, epoch: 1, note: null },
      { kind: 'resume', done: 5, total: 8, epoch: 1.25, note: null },
    ]);
    expect(await outcome(runDir)).toEqual(await outcome(straight));
  });

  it.runIf(everyCase)('ends also when it was stopped after the last update', async () => {
    const runDir = join(folder, 'late');
    const controller = new AbortController();
    const options = { market: smallMarket, runDir, settings, signal: controller.signal };
    const summary = await trainForecaster({
      ...options,
      onEvent: (event) => event.kind === 'step' && event.done === 2 * STEPS && controller.abort(),
    });
    expect(summary).toBeNull();
    expect(existsSync(join(runDir, runFiles.predictions))).toBe(false);
    await trainForecaster({ market: smallMarket, runDir, resume: true });
    expect(await outcome(runDir)).toEqual(await outcome(straight));
  });

  it.runIf(everyCase)('ends when nothing but its manifest was missing', async () => {
    const runDir = join(folder, 'no-manifest');
    cpSync(straight, runDir, { recursive: true });
    rmSync(join(runDir, 'manifest.json'));
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => void events.push(event);
    expect(await trainForecaster({ market: smallMarket, runDir, resume: true, onEvent })).toBeNull();
    expect(events).toEqual([{ kind: 'repaired' }]);
    expect(await refusal({ runDir })).toContain('is finished');
    expect(await outcome(runDir)).toEqual(await outcome(straight));
  });

  it.runIf(everyCase)(
    'begins again with its settings when it was killed before the first checkpoint',
    async () => {
      const runDir = join(folder, 'early');
      await trainUntil(1, 'signal', { runDir, settings });
      const run = await RunFolder.resume(runDir);
      await run.remove('checkpoints');
      await run.close();
      await trainForecaster({ market: smallMarket, runDir, resume: true });
      expect(await outcome(runDir)).toEqual(await outcome(straight));
    },
  );
});

/** Without native ops both precisions are emulated, and float16 alone has a gradient scaler. */
const precisions = everyCase ? (['bf16', 'fp16'] as const) : (['fp16'] as const);

describe.each(precisions)('a run in %s that was interrupted', (precision) => {
  afterEach(() => vi.unstubAllEnvs());

  it('comes to what it would have, bit for bit, the gradient scaler included', async () => {
    const [whole, runDir] = ['whole', 'interrupted'].map((name) => join(folder, `${precision}-${name}`));
    await trainForecaster({ market: smallMarket, runDir: whole, settings: { ...settings, precision } });
    await trainUntil(STEPS + 1, 'signal', { runDir, settings: { ...settings, precision } });
    await trainForecaster({ market: smallMarket, runDir, resume: true });
    expect(await outcome(runDir)).toEqual(await outcome(whole));
  });

  it.runIf(hasNativeOps())('is not gone on with in another mode', async () => {
    const runDir = join(folder, `${precision}-mode`);
    vi.stubEnv('FIN_AMP_MODE', 'wide');
    await trainUntil(1, 'signal', { runDir, settings: { ...settings, precision } });
    vi.stubEnv('FIN_AMP_MODE', 'low');
    expect(await refusal({ runDir })).toContain(
      `was begun with ${precision} in mode "wide", and this is "low"`,
    );
  });
});

describe.runIf(everyCase)('what cannot go on is refused, and stays as it is', () => {
  const runDir = join(folder, 'refusing');

  it('other settings, other data', async () => {
    await trainUntil(STEPS + 1, 'signal', { runDir, settings });
    expect(await refusal({ runDir, settings: { epochs: 5, encoder: { dropout: 0.2 } } })).toContain(
      'epochs was 2, and 5 is asked for; encoder.dropout was 0.1, and 0.2 is asked for',
    );
    const market = syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2, seed: 4 });
    expect(await refusal({ runDir, market })).toContain('was begun with other data');
  });

  it('a run that would be begun in its folder', async () => {
    const begin = trainForecaster({ market: smallMarket, runDir, settings });
    await expect(begin).rejects.toThrow(/unfinished: resume it/);
  });

  it('a damaged checkpoint, unless the last good one is asked for', async () => {
    const file = join(runDir, 'checkpoints', 'step-00000005', 'weights.safetensors');
    appendFileSync(file, 'x');
    expect(await refusal({ runDir })).toContain(`${file} is damaged`);
    await trainForecaster({ market: smallMarket, runDir, settings, resume: 'lastGood' });
    expect(await outcome(runDir)).toEqual(await outcome(straight));
  });

  it('a run that is finished, and a folder without one', async () => {
    expect(await refusal({ runDir: straight })).toContain('is finished: there is nothing left to resume');
    expect(await refusal({ runDir: join(folder, 'nothing') })).toContain('holds no run');
    await RunFolder.open(straight);
  });
});
