import { join } from 'node:path';
import { RunFolder } from '@fin/run';
import { describe, expect, it } from 'vitest';
import type { BacktestEvent, RunBacktestOptions, SweepResult } from '../../src/index.js';
import { gridVariants, sweep } from '../../src/index.js';
import { changedAfter } from './changed-market.js';
import { everyCase } from './every-case.js';
import { walkMarket, walkSettings } from './small-backtest.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const settings = {
  ...walkSettings,
  seeds: 1,
  refitEvery: 30,
  variants: gridVariants({ learningRate: [1e-3, 0.1], 'encoder.dropout': [0.2] }),
};
const run = (name: string, options: Partial<RunBacktestOptions> = {}) =>
  sweep({ market: walkMarket, runDir: join(folder, name), settings, workers: 0, ...options });

describe('a sweep', () => {
  let first: SweepResult;

  it('chooses on the validation days before the test days, and tests the chosen setting alone', async () => {
    const result = (await run('first'))!;
    first = result;
    const names = ['learningRate=0.001, encoder.dropout=0.2', 'learningRate=0.1, encoder.dropout=0.2'];
    expect(result.settings.map(({ name }) => name).sort()).toEqual(names);
    expect(result.chosen).toBe(result.settings[0].name);
    expect(result.settings[0].validationRmse).toBeLessThan(result.settings[1].validationRmse);
    expect(result.settings.map(({ n }) => n)).toEqual([20, 20]);
    const opened = await RunFolder.open(join(folder, 'first'), 'sweep');
    expect(await opened.readJson('choice.json')).toEqual({
      chosen: result.chosen,
      settings: result.settings,
    });
    const lines = (await opened.readText('forecasts.csv')).split('\n');
    const tested = lines.filter((line) => line.includes(',test,') && line.includes('learningRate'));
    expect(tested).toHaveLength(result.rows[0].n);
    expect(tested.every((line) => line.startsWith(`"${result.chosen}",`))).toBe(true);
  });

  it.runIf(everyCase)('makes the same choice when the test days are other ones', async () => {
    // The outcome of the last validation day is known before the first test day's decision.
    const changed = changedAfter(walkMarket, '2013-09-30', 1.2);
    const other = await run('other', { market: changed });
    expect(other!.settings).toEqual(first.settings);
    expect(other!.rows[0].mae).not.toBe(first.rows[0].mae);
  });

  it.runIf(everyCase)('resumes after the choice, and before it', async () => {
    for (const moment of ['fold', 'choice'] as const) {
      const controller = new AbortController();
      const onEvent = ({ kind }: BacktestEvent) => kind === moment && controller.abort(new Error('stop'));
      expect(await run(moment, { signal: controller.signal, onEvent })).toBeNull();
      const resumed = await run(moment, { resume: true, settings: {} });
      expect(resumed).toEqual({ ...first, run: join(folder, moment), seconds: resumed!.seconds });
    }
  });

  it.each([
    [{ learnigRate: [1] }, 'there is no setting learnigRate; there are seed, text'],
    [{ 'encoder.hidden': [1] }, 'there is no setting encoder.hidden; there are hiddenSize'],
    [{ seed: [1, 2] }, 'the setting seed is not one of a variant'],
    [{ epochs: [0] }, 'the setting epochs'],
  ])('refuses %j', async (grid, message) => {
    const refused = run('refused', { settings: { ...settings, variants: gridVariants(grid) } });
    await expect(refused).rejects.toThrow(message);
  });

  it.each([
    [{}, 'the grid names no setting'],
    [{ epochs: 3 }, "the grid's epochs is 3; give a list of values"],
    [{ epochs: [] }, "the grid's epochs is []; give a list"],
    [{ a: Array(40).fill(1), b: Array(40).fill(1) }, 'the grid has 1600 combinations'],
  ])('refuses the grid %j', (grid, message) => {
    expect(() => gridVariants(grid as never)).toThrow(message);
  });
});
