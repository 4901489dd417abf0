import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelledSentence, Market } from '@fin/data';
import { makeSamples, sentimentLabels, splitChronologically } from '@fin/data';
import { openSafetensors } from '@fin/files/safetensors';
import { loadKernels } from '@fin/kernels';
import { RunFolder } from '@fin/run';
import { countTensors, NO_GROWTH } from '@fin/runtime';
import { tuneSentiment } from '@fin/sentiment';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { ForecasterOptions } from '../../src/index.js';
import {
  evaluateRun,
  loadForecaster,
  parsePredictions,
  predictNextDay,
  runFiles,
  trainForecaster,
} from '../../src/index.js';
import { writeTinyBert } from '../text/tiny-bert.js';
import { bankOf } from './bank-of.js';
import { changedAfter } from './changed-market.js';
import { everyCase } from './every-case.js';
import { smallMarket as market, smallSettings } from './small-run.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let model: string;
beforeAll(async () => {
  vi.stubEnv('FIN_KERNELS', '');
  await loadKernels(); // as in a run of a user
  model = await writeTinyBert(folder, ['neutral', 'negative', 'positive']);
});

const joint = (options: ForecasterOptions = {}): ForecasterOptions => ({
  ...smallSettings,
  text: 'joint',
  model,
  trainHeadlinesPerDay: 1,
  batchSize: 24,
  gradientAccumulationSteps: 2,
  ...options,
});

const predictionsOf = (runDir: string) => readFileSync(join(runDir, runFiles.predictions), 'utf8');

/** All that a run came to, bit for bit. */
async function outcome(runDir: string) {
  const run = await RunFolder.open(runDir);
  return {
    files: readdirSync(runDir, { recursive: true }).sort(),
    metrics: run.readMetrics().map((row) => ({ ...row, seconds: 0 })),
    predictions: predictionsOf(runDir),
    weights: readFileSync(run.path(runFiles.weights)).toString('base64'),
  };
}

const variants = [
  ['lora', 'fp32'],
  ['lora', 'bf16'],
  ['full', 'fp32'],
] as const;

describe.each(everyCase ? variants : variants.slice(0, 1))(
  'joint training, %s in %s',
  (finetuning, precision) => {
    const runDir = join(folder, `${finetuning}-${precision}`);
    const resumed = `${runDir}-resumed`;
    const settings = () => joint({ finetuning, precision });

    it('stops when it is told to', async () => {
      const controller = new AbortController();
      const stopped = await trainForecaster({
        market,
        runDir: resumed,
        settings: settings(),
        signal: controller.signal,
        onEvent: (event) => {
          if (event.kind === 'step' && event.phase === 'training' && event.done === 3) controller.abort();
        },
      });
      expect(stopped).toBeNull();
    });

    it('trains, leaves no tensor behind, and stores what was trained', async () => {
      let summary: Awaited<ReturnType<typeof trainForecaster>> = null;
      const growth = await countTensors(async () => {
        summary = await trainForecaster({ market, runDir, settings: settings() });
      });
      expect(growth).toEqual(NO_GROWTH);
      const { parameters, trainableParameters } = summary!;
      expect(summary).toMatchObject({ text: 'joint', finetuning });
      expect(trainableParameters < parameters).toBe(finetuning === 'lora');
      const weights = await openSafetensors(join(runDir, runFiles.weights));
      const names = weights.names();
      await weights.close();
      expect(names.some((name) => name.includes('lora_A'))).toBe(finetuning === 'lora');
      expect(names.some((name) => name.includes('embeddings'))).toBe(finetuning === 'full');
      // 4 bytes per trained parameter, and the header.
      expect(statSync(join(runDir, runFiles.weights)).size).toBeLessThan(4 * trainableParameters + 10_000);
      expect((await evaluateRun(runDir)).rows[0].model).toBe(`joint-${finetuning}+lstm`);
    });

    it('comes to the same, bit for bit, after it was stopped', async () => {
      await trainForecaster({ market, runDir: resumed, resume: true });
      await evaluateRun(resumed);
      expect(await outcome(resumed)).toEqual(await outcome(runDir));
    });

    it('forecasts again from its checkpoint what it forecast before', async () => {
      const before = parsePredictions(predictionsOf(runDir), 'predictions.csv').filter(
        ({ split }) => split === 'test',
      );
      const forecaster = await loadForecaster(runDir, { precision });
      const forecasts = await forecaster.predict(splitChronologically(makeSamples(market)).test);
      forecaster.dispose();
      const digits = precision === 'fp32' ? 6 : 3; // other texts share the batches, which rounds otherwise
      forecasts.forEach(({ logReturn, positive }, i) => {
        expect(logReturn).toBeCloseTo(before[i].predictedLogReturn, digits);
        expect(positive).toBeCloseTo(before[i].positive, digits);
      });
      expect(await predictNextDay(runDir, market)).toMatchObject({ headlines: 2 });
    });
  },
);

describe.runIf(everyCase)('joint training', () => {
  it('does not see the test days: with other ones, losses and weights are the same bit for bit', async () => {
    const { validation } = splitChronologically(makeSamples(market));
    const last = validation[validation.length - 1].targetDate;
    const train = async (name: string, data: Market) => {
      const runDir = join(folder, name);
      await trainForecaster({ market: data, runDir, settings: joint({ epochs: 1 }) });
      return outcome(runDir);
    };
    const one = await train('one', market);
    const other = await train('other', changedAfter(market, last, 1.5));
    expect(other.predictions).not.toBe(one.predictions);
    expect({ ...other, predictions: '' }).toEqual({ ...one, predictions: '' });
  });

  it('finds its model again by its fingerprint, and refuses another in its place', async () => {
    const own = await writeTinyBert(join(folder, 'own'), ['neutral', 'negative', 'positive']);
    const runDir = join(folder, 'moved');
    await trainForecaster({ market, runDir, settings: joint({ epochs: 1, model: own }) });
    rmSync(own, { recursive: true });
    await expect(loadForecaster(runDir)).rejects.toMatchObject({ kind: 'input' });
    renameSync(await writeTinyBert(join(folder, 'own'), ['positive', 'negative', 'neutral']), own);
    await expect(loadForecaster(runDir)).rejects.toThrow(/is not the one that this run was trained from/);
  });

  it('starts from an adapter, which is merged into its base model', async () => {
    const sentences = Array.from({ length: 30 }, (_, line): LabelledSentence => {
      const label = sentimentLabels[line % sentimentLabels.length];
      return { text: `${label} ${line}`, label, line };
    });
    const tuning = join(folder, 'tuning');
    const bank = bankOf(sentences);
    await tuneSentiment({ bank, modelDir: model, runDir: tuning, settings: { epochs: 1, maxLength: 8 } });
    const runDir = join(folder, 'from-adapter');
    await trainForecaster({ market, runDir, settings: joint({ epochs: 1, model: tuning }) });
    expect(await predictNextDay(runDir, market)).toMatchObject({ headlines: 2 });
  });
});

describe('parts of a forecaster that are left out', () => {
  const parts: [string, ForecasterOptions][] = [
    ['lstm', { text: 'none' }],
    ['lstm', { text: 'none', target: 'close', lstm: { hiddenSize: 4, pooling: 'attention' } }],
    ['lstm', { text: 'none', lstm: { hiddenSize: 4, numLayers: 2, dropout: 0.2 } }],
    ['bert(random)', { text: 'random', prices: false }],
    ['joint-lora', { prices: false }],
  ];
  it.each(everyCase ? parts : parts.slice(0, 3))('%s: %j', async (name, options) => {
    const runDir = join(folder, `${name}-${Object.keys(options).join('-')}`);
    const settings = joint({ epochs: 1, gradientAccumulationSteps: 1, ...options });
    const growth = await countTensors(async () => {
      await trainForecaster({ market, runDir, settings });
    });
    expect(growth).toEqual(NO_GROWTH);
    const evaluation = await evaluateRun(runDir);
    expect(evaluation.rows[0].model).toBe(name);
    const predictions = parsePredictions(predictionsOf(runDir), 'predictions.csv');
    for (const { predicted, lastClose, predictedLogReturn, positive } of predictions) {
      expect(Math.log(predicted / lastClose)).toBeCloseTo(predictedLogReturn, 10);
      expect(positive === 0).toBe(options.text === 'none');
    }
    const next = await predictNextDay(runDir, market);
    expect(Number.isFinite(next.predicted)).toBe(true);
  });
});
