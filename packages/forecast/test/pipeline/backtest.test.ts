import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSamples, walkForwardPeriod } from '@fin/data';
import { RunFolder } from '@fin/run';
import { countTensors, NO_GROWTH } from '@fin/runtime';
import { tunableFingerprint } from '@fin/sentiment';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BacktestEvent, BacktestResult, RunBacktestOptions } from '../../src/index.js';
import { BASELINE_NAMES, backtest, forecastSplit, resolveSettings } from '../../src/index.js';
import { writeTinyBert } from '../text/tiny-bert.js';
import { everyCase } from './every-case.js';
import { walkMarket, walkSettings } from './small-backtest.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const straight = join(folder, 'straight');
const FOLDS = 3;
const TRAININGS = 2 * FOLDS;
let result: BacktestResult;
/** A run that was stopped after three trainings; tests resume copies of it. */
const stopped = join(folder, 'stopped');

const run = (options: Partial<RunBacktestOptions> & { readonly runDir: string }) =>
  backtest({ market: walkMarket, settings: walkSettings, workers: 0, ...options });

/** Resumes a run to its end. @returns its notes */
async function notesOfResuming(runDir: string): Promise<string[]> {
  const notes: string[] = [];
  const onEvent = (event: BacktestEvent) => event.kind === 'note' && notes.push(event.text);
  await run({ runDir, settings: {}, resume: true, onEvent });
  return notes;
}

/** All that a run came to, bit for bit. */
async function outcome(runDir: string) {
  const opened = await RunFolder.open(runDir, 'backtest');
  const folds = await opened.readJson<{ trainings: object[] }>('folds.json');
  return {
    files: readdirSync(runDir, { recursive: true }).sort(),
    forecasts: readFileSync(opened.path('forecasts.csv'), 'utf8'),
    results: readFileSync(opened.path('results.json'), 'utf8'),
    folds: { ...folds, trainings: folds.trainings.map((training) => ({ ...training, seconds: 0 })) },
  };
}

beforeAll(async () => {
  const growth = await countTensors(async () => {
    result = (await run({ runDir: straight }))!;
  });
  expect(growth).toEqual(NO_GROWTH);
  const controller = new AbortController();
  const stop = (event: BacktestEvent) =>
    event.kind === 'fold' && event.done === 3 && controller.abort(new Error('stop'));
  expect(await run({ runDir: stopped, signal: controller.signal, onEvent: stop })).toBeNull();
});

describe('a walk-forward backtest', () => {
  it('compares the model and the baselines on the same days, over all folds and seeds', () => {
    const [model, ...baselines] = result.rows;
    expect(model).toMatchObject({ folds: FOLDS, seeds: 2 });
    expect(model.deviations?.mae).toBeGreaterThan(0);
    expect(baselines.map((row) => row.model)).toEqual(
      BASELINE_NAMES.filter((name) => name !== 'ridge-sentiment'),
    );
    const days = walkForwardPeriod(makeSamples(walkMarket), {
      from: walkSettings.from!,
      to: walkSettings.to!,
      refitEvery: walkSettings.refitEvery!,
    }).flatMap(({ test }) => test);
    expect(new Set(result.rows.map(({ n }) => n))).toEqual(new Set([days.length]));
    expect([result.first, result.last]).toEqual([days[0].targetDate, days.at(-1)!.targetDate]);
    expect(result.comparisons.map(({ reference }) => reference)).toEqual(baselines.map((row) => row.model));
  });

  it('writes every forecast of every fold, and tables', async () => {
    const opened = await RunFolder.open(straight, 'backtest');
    const [header, ...lines] = (await opened.readText('forecasts.csv')).trimEnd().split('\n');
    const columns = header.split(',');
    const rows = lines.map((line) =>
      Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell])),
    );
    const tested = rows.filter(({ split, model }) => split === 'test' && model === result.rows[0].model);
    expect(tested).toHaveLength(2 * result.rows[0].n);
    expect(rows.filter(({ split, model }) => split === 'test' && model === 'drift')).toHaveLength(
      result.rows[0].n,
    );
    expect(await opened.readText('table.md')).toContain(`| ${result.rows[0].model} | 3 | 2 |`);
    expect((await opened.readText('table.csv')).split('\n')[1]).toContain(String(result.rows[0].mae));
    expect(await opened.readJson('results.json')).toMatchObject({ rows: result.rows });
  });

  it('forecasts a fold as `forecastSplit` does', async () => {
    const folds = walkForwardPeriod(makeSamples(walkMarket), {
      from: walkSettings.from!,
      to: walkSettings.to!,
      refitEvery: walkSettings.refitEvery!,
      validationSize: walkSettings.validationDays,
    });
    const settings = resolveSettings({ ...walkSettings.forecaster, seed: 2 });
    // The same days in the same batches: TensorFlow's Tanh rounds an element differently by its place in a batch.
    const { predictions } = await forecastSplit(folds[1], settings, { splits: ['validation', 'test'] });
    const forecasts = readFileSync(join(straight, 'forecasts.csv'), 'utf8');
    for (const { split, targetDate, predicted } of predictions) {
      if (split === 'test') expect(forecasts).toContain(`,1,2,test,`);
      if (split !== 'train')
        expect(forecasts).toMatch(new RegExp(`,1,2,${split},[^\n]*,${targetDate},[^\n]*,${predicted},`));
    }
  });
});

describe('a backtest that was interrupted', () => {
  it('comes to what it would have, and does no finished training again', async () => {
    const runDir = join(folder, 'interrupted');
    cpSync(stopped, runDir, { recursive: true });
    expect(readdirSync(join(runDir, 'checkpoints'))).toHaveLength(3);
    const events: BacktestEvent[] = [];
    const settings = { seeds: 2, from: walkSettings.from };
    expect(
      await run({ runDir, settings, resume: true, onEvent: (event) => events.push(event) }),
    ).toMatchObject({
      rows: result.rows,
    });
    expect(events).toContainEqual({ kind: 'resume', done: 3, total: TRAININGS, note: null });
    expect(events.filter(({ kind }) => kind === 'fold')).toHaveLength(3);
    expect(await outcome(runDir)).toEqual(await outcome(straight));
  });

  it.runIf(everyCase)('trains a fold again whose file is damaged or of other inputs', async () => {
    const runDir = join(folder, 'damaged');
    cpSync(stopped, runDir, { recursive: true });
    const [first, second, third] = readdirSync(join(runDir, 'checkpoints')).sort();
    const path = (name: string) => join(runDir, 'checkpoints', name);
    const text = readFileSync(path(first), 'utf8');
    writeFileSync(path(first), text.replace(/"predicted":(\d)/, '"predicted":1$1'));
    writeFileSync(path(second), text.slice(0, 1000));
    writeFileSync(path(third), text);
    const notes = await notesOfResuming(runDir);
    expect(notes.map((note) => note.split(' ')[0])).toEqual([first, second, third].map(path));
    expect(await outcome(runDir)).toEqual(await outcome(straight));
  });

  it.runIf(everyCase)(
    'trains all folds of a joint model again when another pretrained model takes its place',
    async () => {
      const labels = ['neutral', 'negative', 'positive'];
      const model = await writeTinyBert(join(folder, 'joint-model'), labels);
      const forecaster = { ...walkSettings.forecaster, text: 'joint', model } as const;
      const settings = { ...walkSettings, seeds: 1, forecaster };
      const runDir = join(folder, 'joint');
      const controller = new AbortController();
      const stop = (event: BacktestEvent) => event.kind === 'fold' && controller.abort(new Error('stop'));
      expect(await run({ runDir, settings, signal: controller.signal, onEvent: stop })).toBeNull();
      const vocabulary = join(model, 'vocab.txt');
      writeFileSync(vocabulary, `${readFileSync(vocabulary, 'utf8').replace('rose', 'grew')}`);
      const notes = await notesOfResuming(runDir);
      expect(notes).toHaveLength(1);
      expect(notes[0]).toMatch(/fold-0-seed-0.json is damaged or of other inputs/);
    },
  );

  it.runIf(everyCase)('does not train a joint model that changed while the run was going on', async () => {
    const model = await writeTinyBert(join(folder, 'changing'), ['neutral', 'negative', 'positive']);
    const settings = resolveSettings({ ...walkSettings.forecaster, text: 'joint', model });
    const [split] = walkForwardPeriod(makeSamples(walkMarket), { from: walkSettings.from!, refitEvery: 14 });
    const pretrained = await tunableFingerprint(model);
    rmSync(model, { recursive: true });
    await writeTinyBert(join(folder, 'changing'), ['neutral', 'negative', 'positive'], 4);
    await expect(forecastSplit(split, settings, { pretrained })).rejects.toThrow(
      'has changed since this run began',
    );
  });

  it('is not resumed with other settings, and not after its end', async () => {
    const runDir = join(folder, 'other');
    cpSync(stopped, runDir, { recursive: true });
    const settings = { refitEvery: 30, forecaster: { epochs: 2 } };
    await expect(run({ runDir, settings, resume: true })).rejects.toThrow(
      'refitEvery was 14, and 30 is asked for; forecaster.epochs was 1, and 2 is asked for',
    );
    await expect(run({ runDir: straight, resume: true })).rejects.toThrow('there is nothing left to resume');
  });

  it('leaves nothing behind when it had not finished a training', async () => {
    const runDir = join(folder, 'early');
    const controller = new AbortController();
    controller.abort(new Error('stop'));
    expect(await run({ runDir, signal: controller.signal })).toBeNull();
    expect(readdirSync(folder)).not.toContain('early');
  });
});

describe('settings that cannot be used', () => {
  it.each([
    [{ seeds: 0 }, 'the setting seeds'],
    [{ forecaster: { epochs: 0 } }, 'the setting epochs'],
    [{ from: '2013-01-05' }, 'too few for any training days'],
    [{ from: '2020-01-01' }, 'no target lies from 2020-01-01'],
  ])('%j', async (settings, message) => {
    await expect(run({ runDir: join(folder, 'none'), settings })).rejects.toThrow(message);
  });
});
