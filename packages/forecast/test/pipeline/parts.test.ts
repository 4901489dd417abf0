import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_NAME, writeManifest } from '@fin/files';
import { hasNativeOps } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BacktestEvent, Part, RunBacktestOptions, WalkParts } from '../../src/index.js';
import { backtest, gridVariants, readParts, sweep, trainPart } from '../../src/index.js';
import { changedAfter } from './changed-market.js';
import { walkMarket as market, walkSettings } from './small-backtest.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);
const settings = {
  ...walkSettings,
  forecaster: { text: 'none', epochs: 1, window: 3, lstm: { hiddenSize: 2 } },
  to: '2013-11-08',
  refitEvery: 14,
  seeds: 2,
} as const;
const swept = { ...settings, seeds: 1, variants: gridVariants({ learningRate: [1e-3, 0.1, 0.01] }) };

async function train(of: 'backtest' | 'sweep', part: Part, options: Partial<RunBacktestOptions> = {}) {
  const runDir = inFolder(`${of}-${part.index}`);
  const own = of === 'sweep' ? swept : settings;
  await trainPart({ of, part, market, runDir, settings: own, workers: 0, ...options });
  return runDir;
}

/** Contents of a run's files that depend on neither its id nor its duration. */
function contents(run: string): Record<string, string> {
  const names = readdirSync(run).filter((name) => name !== 'run.json' && name !== MANIFEST_NAME);
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(run, name), 'utf8').replace(/"seconds": [\d.e-]+/g, '')]),
  );
}

// Nothing here depends on the backend.
describe.runIf(hasNativeOps())('a run that is made of parts', () => {
  const backtestParts: string[] = [];
  beforeAll(async () => {
    for (const index of [1, 2, 3]) backtestParts.push(await train('backtest', { index, count: 3 }));
    await backtest({ market, settings, runDir: inFolder('alone'), workers: 0 });
  });

  it('has the bytes of a backtest in one process', async () => {
    const trained: string[] = [];
    const parts = await readParts([...backtestParts].reverse());
    await backtest({
      market,
      parts,
      runDir: inFolder('merged'),
      workers: 0,
      onEvent: ({ kind }) => kind === 'fold' && trained.push(kind),
    });
    expect(trained).toEqual([]);
    expect(contents(inFolder('merged'))).toEqual(contents(inFolder('alone')));
    for (const part of backtestParts) expect(existsSync(join(part, 'trainings.jsonl'))).toBe(true);
  });

  it.runIf(fullTier)(
    'has the bytes of a sweep in one process; the chosen setting is tested when the parts are merged',
    async () => {
      await sweep({ market, settings: swept, runDir: inFolder('sweep-alone'), workers: 0 });
      const dirs = [
        await train('sweep', { index: 1, count: 2 }),
        await train('sweep', { index: 2, count: 2 }),
      ];
      const stopped = new AbortController();
      const merge = { market, parts: await readParts(dirs), runDir: inFolder('sweep-merged'), workers: 0 };
      const atFirst = {
        signal: stopped.signal,
        onEvent: ({ kind }: BacktestEvent) => kind === 'fold' && stopped.abort(),
      };
      expect(await sweep({ ...merge, ...atFirst })).toBeNull();
      const folds: number[] = [];
      const onEvent = (event: BacktestEvent) => event.kind === 'fold' && folds.push(event.fold);
      const result = await sweep({ ...merge, resume: true, onEvent });
      expect(folds).toHaveLength(result!.folds - 1);
      expect(contents(inFolder('sweep-merged'))).toEqual(contents(inFolder('sweep-alone')));
    },
  );

  it('resumes a part that was stopped', async () => {
    const stopped = new AbortController();
    const runDir = inFolder('stopped-part');
    const part = { index: 2, count: 3 };
    const stop = {
      signal: stopped.signal,
      onEvent: ({ kind }: { kind: string }) => kind === 'fold' && stopped.abort(),
    };
    expect(
      await trainPart({ of: 'backtest', part, market, runDir, settings, workers: 0, ...stop }),
    ).toBeNull();
    await expect(readParts([backtestParts[0], runDir, backtestParts[2]])).rejects.toThrow(
      /stopped-part holds a run that was never finished: resume it/,
    );
    const other = { of: 'backtest', market, runDir, resume: true, workers: 0 } as const;
    await expect(trainPart({ ...other, part: { index: 3, count: 3 } })).rejects.toThrow(
      'part.index was 2, and 3 is asked for',
    );
    const done: number[] = [];
    const resumed = await trainPart({
      ...other,
      onEvent: (event) => event.kind === 'resume' && done.push(event.done),
    });
    expect(resumed).toMatchObject({ part, trainings: 2 });
    expect(done).toEqual([1]);
    await backtest({
      market,
      parts: await readParts([backtestParts[0], runDir, backtestParts[2]]),
      runDir: inFolder('merged-later'),
      workers: 0,
    });
    expect(contents(inFolder('merged-later'))['forecasts.csv']).toEqual(
      contents(inFolder('alone'))['forecasts.csv'],
    );
  });

  describe('is refused, and nothing is written,', () => {
    /** A copy of a part with a changed file, and with the manifest of that. */
    async function changed(name: string, file: string, change: (text: string) => string): Promise<string> {
      const copy = inFolder(name);
      rmSync(copy, { recursive: true, force: true });
      cpSync(backtestParts[1], copy, { recursive: true });
      const text = readFileSync(join(copy, file), 'utf8');
      expect(change(text)).not.toBe(text);
      writeFileSync(join(copy, file), change(text));
      await writeManifest(copy);
      return copy;
    }
    const of = (dir: string) => readParts([backtestParts[0], dir, backtestParts[2]]);

    it.each([
      [
        'config.json',
        '"purge": 0',
        /config\.json does not belong to .*: purge is 0 in .*backtest-1 and 1 in .*changed/,
        '"purge": 1',
      ],
      ['config.json', '"count": 3', /: parts is 3 in .*backtest-1 and 4 in .*changed/, '"count": 4'],
      [
        'data.json',
        '"fingerprint": "',
        /data\.json does not belong to .*: fingerprint is/,
        '"fingerprint": "f',
      ],
      ['environment.json', '"fusedOps": ', /environment\.json does not belong to .*: fusedOps is/, 'flip'],
      [
        'trainings.jsonl',
        '@fin/forecast ',
        /trainings\.jsonl, line 1: program is @fin\/forecast 9.*merge with the version/,
        '@fin/forecast 9.',
      ],
      ['trainings.jsonl', '"version":1', /trainings\.jsonl, line 1 is damaged: version/, '"version":2'],
      [
        'trainings.jsonl',
        '"model":"',
        /line 2 is damaged: sha256 is not that of the result of test-variant-0-fold-/,
        '"model":"x',
      ],
      ['trainings.jsonl', '{"name"', /trainings\.jsonl, line 2 is damaged: it is not JSON/, '{name'],
    ])('when %s has another %s', async (file, from, message, to) => {
      const dir = await changed('changed', file, (text) =>
        to === 'flip'
          ? text.replace(/("fusedOps": )(true|false)/, (_, name, value) => `${name}${value !== 'true'}`)
          : text.replace(from, to),
      );
      await expect(of(dir)).rejects.toThrow(message);
    });

    it('when a part is missing, damaged, no part, or there twice with other results', async () => {
      await expect(readParts([backtestParts[1]])).rejects.toThrow(
        'parts 1, 3 are missing of 3: give all folders; a part that was not trained yet is made with --part 1/3',
      );
      await expect(readParts([])).rejects.toThrow('there are no parts');
      await expect(of(inFolder('alone'))).rejects.toThrow(
        /alone is a walk-forward backtest, not a part of a run/,
      );
      const copy = inFolder('copy');
      cpSync(backtestParts[1], copy, { recursive: true });
      expect((await readParts([...backtestParts, copy])).trainings.size).toBe(6);
      const twice = inFolder('twice');
      await train('backtest', { index: 2, count: 3 }, { runDir: twice }); // took other seconds
      await expect(readParts([...backtestParts, twice])).rejects.toThrow(
        /backtest-2 and .*twice are both part 2 of 3, with different results: test-variant-0-fold-\d-seed-\d\.sha256 is/,
      );
      writeFileSync(join(copy, 'data.json'), '{}');
      await expect(of(copy)).rejects.toThrow(/data\.json is damaged/);
    });

    it('when the run now has other data, or is of another kind', async () => {
      const parts = await readParts(backtestParts);
      const other = changedAfter(market, '2013-10-20', 1.1);
      await expect(merge(parts, { market: other })).rejects.toThrow(
        /backtest-\d\/trainings\.jsonl: test-variant-0-fold-0-seed-0 was trained on other data/,
      );
      await expect(sweep({ market, parts, runDir: inFolder('refused') })).rejects.toThrow(
        'these are a part of a walk-forward backtest, and not of a sweep',
      );
      await expect(
        train('backtest', { index: 4, count: 3 }, { runDir: inFolder('refused') }),
      ).rejects.toThrow('there is no part 4 of 3');
      expect(existsSync(inFolder('refused'))).toBe(false);
    });

    const merge = (found: WalkParts, options: Partial<RunBacktestOptions> = {}) =>
      backtest({ market, parts: found, runDir: inFolder('refused'), workers: 0, ...options });
  });
});
