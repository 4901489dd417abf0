import { appendFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder, readUnfinishedRun } from '@fin/run';
import { countTensors, hasNativeOps, NO_GROWTH } from '@fin/runtime';
import { readEvents } from '@fin/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TuneSentimentOptions, TuningEvent } from '../../src/index.js';
import { FinBert, modelOfRun, tuneSentiment } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyBank, writeTinyBert } from '../support/tiny-bert.js';

const folder = temporaryFolder()();
const bank = tinyBank();
/** An epoch of 108 sentences. */
const STEPS = 7;
let modelDir: string;
beforeAll(async () => {
  modelDir = await writeTinyBert(folder, ['one', 'two']);
});

type Options = Partial<TuneSentimentOptions> & { readonly runDir: string };

const tune = (options: Options) => tuneSentiment({ bank, modelDir, ...options });

/** Trains until a step, and then is told to stop, or crashes. */
async function tuneUntil(step: number, how: 'signal' | 'crash', options: Options) {
  const controller = new AbortController();
  return tune({
    signal: controller.signal,
    ...options,
    onEvent: (event) => {
      options.onEvent?.(event);
      if (event.kind !== 'step' || event.done !== step) return;
      if (how === 'crash') throw new Error('crash');
      controller.abort();
    },
  });
}

/** All that a run came to, bit for bit. */
async function outcome(runDir: string) {
  const run = await RunFolder.open(runDir);
  const files = readdirSync(runDir, { recursive: true }).map(String).sort();
  const finbert = await FinBert.load(modelOfRun(runDir), { cacheDir: null });
  const scores = await finbert.sentiment(['the profit company shares', 'board loss', 'today']);
  finbert.dispose();
  return {
    files,
    metrics: run.readMetrics().map((row) => ({ ...row, seconds: 0 })),
    confusion: await run.readJson('confusion.json'),
    evaluation: await run.readJson('evaluation.json'),
    weights: files
      .filter((file) => file.endsWith('.safetensors'))
      .map((file) => readFileSync(join(runDir, file)).toString('base64')),
    scores,
  };
}

const PROFILE = ['profile.json', 'profile.txt', 'trace.json'];

/** The points of a log without times. */
const points = (dir: string) =>
  readEvents(dir).filter((event) => 'tag' in event && event.tag !== 'train/examplesPerSecond');

const learning = { epochs: 2, batchSize: 16, learningRate: 1e-2 } as const;

describe.each([
  ['LoRA', { method: 'lora', ...learning }],
  [
    'LoRA in the top layer on cached ones',
    { method: 'lora', cacheFrozenLayers: true, lora: { layersToTransform: [1] }, ...learning },
  ],
  ['all weights, freed layer by layer', { method: 'full', gradualUnfreezing: true, ...learning }],
] as const)('a fine-tuning run that was interrupted: %s', (name, settings) => {
  it('comes to what it would have, bit for bit', async () => {
    const straight = join(folder, `straight-${name}`);
    const runDir = join(folder, `interrupted-${name}`);
    const events: TuningEvent[] = [];
    const onEvent = (event: TuningEvent) => void events.push(event);
    const records = (run: string) => ({ tensorBoard: `${run}-logs`, profile: hasNativeOps() });
    await tune({ runDir: straight, settings, tensorBoard: records(straight).tensorBoard });
    const growth = await countTensors(async () => {
      const recorded = records(runDir);
      expect(await tuneUntil(STEPS - 2, 'signal', { runDir, settings, ...recorded })).toBeNull();
      await expect(
        tuneUntil(STEPS + 4, 'crash', { runDir, settings, resume: true, onEvent, ...recorded }),
      ).rejects.toThrow('crash');
      expect(await tuneUntil(STEPS + 1, 'signal', { runDir, resume: true, onEvent, ...recorded })).toBeNull();
      const summary = await tune({ runDir, resume: true, onEvent, ...recorded });
      expect(summary).toMatchObject({ run: runDir, epochs: 2 });
      expect(summary!.sentencesPerSecond).toBeGreaterThan(0);
    });
    expect(growth).toEqual(NO_GROWTH);
    expect(events.flatMap((event) => (event.kind === 'resume' ? [event.done] : []))).toEqual([5, 7, 8]);
    const { files, ...resumed } = await outcome(runDir);
    expect({ ...resumed, files: files.filter((file) => !PROFILE.includes(file)) }).toEqual(
      await outcome(straight),
    );
    if (hasNativeOps()) expect(files).toEqual(expect.arrayContaining(PROFILE));
    expect(points(`${runDir}-logs`)).toEqual(points(`${straight}-logs`));
  });
});

describe('what cannot go on is refused', () => {
  const runDir = join(folder, 'refusing');
  const settings = { method: 'lora', ...learning } as const;
  const refusal = (options: Partial<TuneSentimentOptions>) =>
    tune({ runDir, resume: true, ...options }).then(
      () => 'nothing',
      (error: Error) => error.message,
    );

  it('other settings, other sentences, another model', async () => {
    await tuneUntil(STEPS + 1, 'signal', { runDir, settings });
    expect(await refusal({ settings: { seed: 2, lora: { r: 4 } } })).toContain(
      'seed was 1, and 2 is asked for; lora.r was 8, and 4 is asked for',
    );
    expect(await refusal({ bank: tinyBank(151) })).toContain('was begun with other data');
    const other = await writeTinyBert(folder, ['a', 'b', 'c', 'd']);
    expect(await refusal({ modelDir: other })).toContain(`was begun with the model in ${modelDir}`);
    const renamed = join(folder, 'renamed');
    cpSync(modelDir, renamed, { recursive: true });
    writeFileSync(
      join(renamed, 'vocab.txt'),
      readFileSync(join(modelDir, 'vocab.txt'), 'utf8').replace('rose', 'grew'),
    );
    expect(await refusal({ modelDir: renamed })).toContain(`vocabulary in ${renamed} are others`);
  });

  it('a run of another kind', async () => {
    const other = await RunFolder.create(join(folder, 'forecaster'), { kind: 'forecaster' });
    await other.writeJson('config.json', { settings: {}, source: {} });
    await other.close();
    expect(await refusal({ runDir: other.dir })).toContain('is the training of a forecaster');
    const resumed = () => readUnfinishedRun(runDir, 'forecaster');
    expect(resumed).toThrow(/is the fine-tuning of a sentiment model/);
    expect(() => modelOfRun(other.dir)).toThrow('holds no sentiment model');
  });

  it('a model of a run that has not made it yet', () => {
    expect(() => modelOfRun(runDir)).toThrow(/never finished/);
  });

  it('a damaged checkpoint, unless the last good one is asked for; the model may have moved', async () => {
    appendFileSync(join(runDir, 'checkpoints', 'step-00000008', 'state.json'), ' ');
    expect(await refusal({})).toMatch(/step-00000008.state\.json is damaged/);
    const moved = join(folder, 'moved');
    cpSync(modelDir, moved, { recursive: true });
    expect(await tune({ runDir, modelDir: moved, resume: 'lastGood' })).toMatchObject({ epochs: 2 });
    expect(await refusal({})).toContain('is finished');
  });
});
