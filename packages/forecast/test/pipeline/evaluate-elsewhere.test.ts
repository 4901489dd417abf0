import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeMarket, makeSamples, splitChronologically, syntheticMarket } from '@fin/data';
import { countTensors, NO_GROWTH } from '@fin/runtime';
import { table } from 'arquero';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateElsewhere, evaluateRun, trainForecaster } from '../../src/index.js';
import { changedAfter } from './changed-market.js';
import { smallMarket, smallSettings } from './small-run.js';
import { temporaryFolder } from './temporary-folder.js';

const runDir = join(temporaryFolder(), 'run');
const firstTestDay = splitChronologically(makeSamples(smallMarket)).test[0].targetDate;

beforeAll(() => trainForecaster({ market: smallMarket, runDir, settings: { ...smallSettings, epochs: 1 } }));

describe('evaluation on other data', () => {
  it("gives the run's own figures on its own test days, and writes nothing", async () => {
    const own = await evaluateRun(runDir);
    const files = () =>
      readdirSync(runDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'base64')]);
    const before = files();
    const notes: string[] = [];
    const growth = await countTensors(async () => {
      const other = await evaluateElsewhere(runDir, smallMarket, {
        from: firstTestDay,
        onNote: (note) => notes.push(note),
      });
      // The days come in other batches than in training, so last digits of float32 products differ.
      expect(Math.abs(other.rows[0].mae / own.rows[0].mae - 1)).toBeLessThan(1e-6);
      expect(other.rows[0]).toMatchObject({ n: own.rows[0].n, model: own.rows[0].model });
      expect(Object.keys(other.rows[0])).toEqual(Object.keys(own.rows[0]));
      for (const name of ['persistence', 'drift', 'majority-class']) {
        const row = (rows: typeof own.rows) => rows.find(({ model }) => model === name)!;
        expect(row(other.rows)).toEqual(row(own.rows));
      }
      expect(Object.keys(other)).toEqual(Object.keys(own));
    });
    expect(growth).toEqual(NO_GROWTH);
    expect(notes).toEqual([]);
    expect(files()).toEqual(before);
  });

  it('measures another market, and says which days the run was trained on', async () => {
    const market = syntheticMarket({ start: '2013-12-01', days: 150, headlinesPerDay: 2, seed: 9 });
    const notes: string[] = [];
    const { n, first, rows } = await evaluateElsewhere(runDir, market, {
      onNote: (note) => notes.push(note),
    });
    const samples = makeSamples(market);
    expect([n, first]).toEqual([samples.length, samples[0].targetDate]);
    expect(rows.map(({ model }) => model)).not.toContain('ridge');
    expect(notes).toEqual([
      expect.stringMatching(/^\d+ of the \d+ days, from 201.* are training or validation days of the run/),
      expect.stringContaining('without prediction intervals'),
    ]);
  });

  it('fits nothing to these data: later days change no earlier forecast', async () => {
    const market = syntheticMarket({ start: '2015-08-01', days: 60, headlinesPerDay: 2, seed: 9 });
    const changed = changedAfter(market, '2015-09-30', 3);
    const until = (of: typeof market) => evaluateElsewhere(runDir, of, { to: '2015-09-30' });
    expect(await until(changed)).toEqual(await until(market));
  });

  it('says that headlines are missing, and that the level is another', async () => {
    const { fingerprint: _, ...parts } = syntheticMarket({ start: '2016-01-04', days: 60, seed: 9 });
    const low = changedAfter(makeMarket(parts), '2015-12-31', 0.1);
    const { fingerprint: __, ...rest } = low;
    const headlines = table({ date: [] as string[], rank: [] as number[], text: [] as string[] });
    const notes: string[] = [];
    await evaluateElsewhere(runDir, makeMarket({ ...rest, headlines }), {
      onNote: (note) => notes.push(note),
    });
    expect(notes).toEqual([
      expect.stringContaining('there is no headline on any of these days'),
      expect.stringMatching(/^closes are 0\.\d+ times those of the training days/),
    ]);
  });

  it('refuses a period without a day', async () => {
    await expect(evaluateElsewhere(runDir, smallMarket, { from: '--json' })).rejects.toMatchObject({
      kind: 'input',
      message: 'from is "--json", which is not a date: write it as YYYY-MM-DD, such as 2015-01-02',
    });
    await expect(evaluateElsewhere(runDir, smallMarket, { from: '2030-01-01' })).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringContaining('has no day to forecast from 2030-01-01'),
    });
  });
});
