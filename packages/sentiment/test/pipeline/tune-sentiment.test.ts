import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBert, modelInfo } from '@fin/finbert-lora';
import { loadKernels } from '@fin/kernels';
import { RunFolder } from '@fin/run';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { TuneSentimentOptions, TuningEvent } from '../../src/index.js';
import { FinBert, modelOfRun, tuneSentiment, tuningFiles } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyBank, writeTinyBert } from '../support/tiny-bert.js';

const folder = temporaryFolder()();
let modelDir: string;
let runs = 0;
beforeAll(async () => {
  vi.stubEnv('FIN_KERNELS', '');
  await loadKernels(); // as in a run of a user
  modelDir = await writeTinyBert(folder, ['one', 'two']);
});

async function tune(
  settings: TuneSentimentOptions['settings'] = {},
  more: Partial<TuneSentimentOptions> = {},
) {
  const runDir = join(folder, `run-${runs++}`);
  const summary = await tuneSentiment({
    bank: tinyBank(),
    modelDir,
    runDir,
    settings: { method: 'full', learningRate: 1e-2, epochs: 4, batchSize: 16, ...settings },
    ...more,
  });
  return { runDir, summary: summary! };
}

describe.each(['full', 'lora'] as const)('tuning, %s', (method) => {
  let runDir: string;
  const learning = { epochs: 8, ...(method === 'lora' && { learningRate: 3e-2 }) };

  it('counts what is trained', async () => {
    // This run also makes what is made once in a process, before the next one counts tensors.
    const { trainableParameters, parameters } = (await tune({ method, epochs: 1 })).summary;
    const head = 3 * 16 + 3;
    if (method === 'full') {
      const info = await modelInfo(modelDir);
      expect(trainableParameters).toBe(parameters);
      expect(parameters).toBe(info.parameters - (2 * 16 + 2) + head);
    } else expect(trainableParameters).toBe(2 * 2 * 2 * 8 * 16 + head);
  });

  it('learns to tell the classes, leaks nothing, and writes a run that is whole', async () => {
    const events: TuningEvent[] = [];
    let result: Awaited<ReturnType<typeof tune>> | undefined;
    const growth = await countTensors(async () => {
      result = await tune({ method, ...learning }, { onEvent: (event) => events.push(event) });
    });
    expect(growth).toEqual(NO_GROWTH);
    const { summary } = result!;
    runDir = result!.runDir;
    expect(summary).toMatchObject({ run: runDir, method, seed: 1, splitSeed: 1, n: 30 });
    expect(summary.accuracy).toBeGreaterThan(0.9);
    expect(summary.macroF1).toBeGreaterThan(0.9);
    expect(summary.newWeights).toEqual(['classifier.weight', 'classifier.bias']);
    expect(summary.unusedTensors.toSorted()).toEqual(['classifier.bias', 'classifier.weight']);
    expect(summary.sentencesPerSecond).toBeGreaterThan(0);
    expect(events.filter(({ kind }) => kind === 'epoch')).toHaveLength(summary.epochs);

    const run = await RunFolder.open(runDir);
    const saved = method === 'full' ? tuningFiles.model : tuningFiles.adapter;
    const { trace, profile, profileTable, model, adapter } = tuningFiles;
    const missing: string[] = [trace, profile, profileTable, model, adapter].filter((file) => file !== saved);
    for (const file of Object.values(tuningFiles)) {
      const expected = !missing.includes(file);
      expect([file, existsSync(run.path(file))]).toEqual([file, expected]);
    }
    expect(run.readMetrics()).toHaveLength(summary.epochs);
    expect(Object.keys(run.readMetrics()[0])).toEqual([
      'epoch',
      'step',
      'trainLoss',
      'validationLoss',
      'validationAccuracy',
      'validationMacroF1',
      'learningRate',
      'seconds',
    ]);
    const { confusion } = await run.readJson<{ confusion: number[][] }>(tuningFiles.confusion);
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(await run.readJson(tuningFiles.evaluation)).toMatchObject({ accuracy: summary.accuracy });
    expect(await run.readJson(tuningFiles.data)).toMatchObject({
      sentences: 150,
      splits: { train: { n: 108 }, validation: { n: 12 }, test: { n: 30 } },
    });
    expect(await run.readJson(tuningFiles.config)).toMatchObject({
      settings: { seed: 1, splitSeed: 1, method },
      source: { model: modelDir },
    });
  });

  it('leaves a model that scores as it was measured', async () => {
    const finbert = await FinBert.load(modelOfRun(runDir), { cacheDir: null });
    const [up, down, flat] = await finbert.sentiment([
      'the profit company shares',
      'the loss company shares',
      'the board company shares',
    ]);
    finbert.dispose();
    expect([up.label, down.label, flat.label]).toEqual(['positive', 'negative', 'neutral']);
  });

  it('is the same run again with the same seed, and another with another', async () => {
    const losses = async (seed: number) => {
      const { runDir: dir } = await tune({ method, epochs: 2, seed, splitSeed: 5 });
      return (await RunFolder.open(dir))
        .readMetrics()
        .map(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]);
    };
    const first = await losses(3);
    expect(await losses(3)).toEqual(first);
    expect(await losses(4)).not.toEqual(first);
  });
});

describe('tuning', () => {
  it('comes to the same with the frozen layers from a cache, where nothing is dropped', async () => {
    const still = join(folder, 'without-dropout');
    cpSync(modelDir, still, { recursive: true });
    const config = JSON.parse(readFileSync(join(still, 'config.json'), 'utf8'));
    const rates = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
    writeFileSync(join(still, 'config.json'), JSON.stringify({ ...config, ...rates }));
    const lora = { layersToTransform: [1], loraDropout: 0 };
    const losses = async (cacheFrozenLayers: boolean) => {
      const settings = { method: 'lora', epochs: 2, cacheFrozenLayers, lora } as const;
      const { runDir } = await tune(settings, { modelDir: still });
      const epochs = (await RunFolder.open(runDir)).readMetrics();
      return epochs.flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss] as number[]);
    };
    allClose(await losses(true), await losses(false));
  });

  it('unfreezes from the top, a layer in a third of an epoch, and learns all the same', async () => {
    const before = await loadBert(modelDir, { init: randomStreams(1).stream('init') });
    const { summary, runDir } = await tune({ gradualUnfreezing: true, epochs: 1, warmupShare: 0 });
    const after = await loadBert(join(runDir, 'model'), { init: randomStreams(1).stream('init') });
    const moved = (name: string) => {
      const [from, to] = [before, after].map(({ model }) => model.namedParameters().get(name)!.dataSync());
      return Math.max(...Array.from(from, (value, i) => Math.abs(value - to[i])));
    };
    const embeddings = moved('bert.embeddings.LayerNorm.weight');
    const low = moved('bert.encoder.layer.0.output.dense.weight');
    const top = moved('bert.encoder.layer.1.output.dense.weight');
    expect(embeddings).toBe(0); // their turn would come after the third third
    expect(low).toBeGreaterThan(0);
    expect(top).toBeGreaterThan(low);
    expect(summary.trainableParameters).toBe(summary.parameters);
    before.model.dispose();
    after.model.dispose();
  });

  it('trains the pooler along when the model has none', async () => {
    const { openSafetensors, writeSafetensors } = await import('@fin/files/safetensors');
    const bare = join(folder, 'bare');
    cpSync(modelDir, bare, { recursive: true });
    const file = await openSafetensors(join(modelDir, 'model.safetensors'));
    const tensors = new Map();
    for (const name of file.names()) {
      if (/^bert\.(embeddings|encoder)/.test(name))
        tensors.set(name.slice('bert.'.length), await file.read(name));
    }
    await file.close();
    await writeSafetensors(join(bare, 'model.safetensors'), tensors);
    const { summary, runDir } = await tune({ method: 'lora', epochs: 1 }, { modelDir: bare });
    expect(summary.newWeights).toContain('bert.pooler.dense.weight');
    expect(summary.trainableParameters).toBe(2 * 2 * 2 * 8 * 16 + (3 * 16 + 3) + (16 * 16 + 16));
    (await FinBert.load(modelOfRun(runDir), { cacheDir: null })).dispose();
  });

  it('keeps the head of a model that tells sentiment already, and its order', async () => {
    const own = await writeTinyBert(folder, ['neutral', 'positive', 'negative']);
    const { summary, runDir } = await tune({ epochs: 1 }, { modelDir: own });
    expect(summary.newWeights).toEqual([]);
    expect(summary.classes.map(({ label }) => label)).toEqual(['neutral', 'positive', 'negative']);
    expect((await modelInfo(join(runDir, 'model'))).labels).toEqual(['neutral', 'positive', 'negative']);
  });

  it('leaves nothing behind when it is told to stop before the first step', async () => {
    const controller = new AbortController();
    controller.abort();
    const runDir = join(folder, 'stopped');
    const growth = await countTensors(async () => {
      const summary = await tuneSentiment({
        bank: tinyBank(),
        modelDir,
        runDir,
        settings: { method: 'full', epochs: 4 },
        signal: controller.signal,
      });
      expect(summary).toBeNull();
    });
    expect(existsSync(runDir)).toBe(false);
    expect(growth).toEqual(NO_GROWTH);
  });

  it('writes nothing when the model cannot be used', async () => {
    const runDir = join(folder, 'never');
    await expect(
      tuneSentiment({ bank: tinyBank(), modelDir: join(folder, 'no-model'), runDir }),
    ).rejects.toThrow(/no-model/);
    expect(existsSync(runDir)).toBe(false);
    expect(readdirSync(folder)).not.toContain('never');
  });
});

describe('an adapter', () => {
  it('says when its base model is gone or another', async () => {
    const { runDir } = await tune({ method: 'lora', epochs: 1 });
    const adapter = modelOfRun(runDir);
    await expect(FinBert.load(adapter, { base: join(folder, 'gone') })).rejects.toThrow(
      /base model is not at .*gone/,
    );
    const other = await writeTinyBert(folder, ['x', 'y', 'z', 'w']);
    await expect(FinBert.load(adapter, { base: other })).rejects.toThrow(
      /not those that the adapter was trained on/,
    );
  });

  it('scores as before when its base model has moved', async () => {
    const { runDir } = await tune({ method: 'lora', epochs: 1 });
    const moved = join(folder, 'moved');
    cpSync(modelDir, moved, { recursive: true });
    const score = async (base?: string) => {
      const finbert = await FinBert.load(modelOfRun(runDir), { cacheDir: null, base });
      const [sentiment] = await finbert.sentiment(['the loss group']);
      finbert.dispose();
      return { sentiment, fingerprint: finbert.fingerprint };
    };
    expect(await score(moved)).toEqual(await score());
  });
});
