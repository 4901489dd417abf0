import { join } from 'node:path';
import { lowBitFormats } from '@fin/amp';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { loadKernels, lowBitFormatOf, usesFusedOps } from '@fin/kernels';
import { RunFolder } from '@fin/run';
import { countTensors, hasNativeOps, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose, fullTier } from '@fin/testkit';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { openTunableModel, tuneSentiment, tuningFiles } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyBank, writeTinyBert } from '../support/tiny-bert.js';

const folder = temporaryFolder()();
let modelDir: string;
/** The same on weights in float32. */
const wideRun = join(folder, 'wide');
beforeAll(async () => {
  vi.stubEnv('FIN_KERNELS', '');
  await loadKernels();
  modelDir = await writeTinyBert(folder, ['positive', 'negative', 'neutral']);
  await tuneSentiment({ bank: tinyBank(), modelDir, runDir: wideRun, settings });
});

/** Settings of all runs. */
const settings = { epochs: 4, learningRate: 3e-2, optimizer: 'adamw8bit' } as const;

describe.each(hasNativeOps() || fullTier ? lowBitFormats : (['nf4'] as const))(
  'LoRA on weights in %s',
  (storage) => {
    it('learns, leaks nothing, and resumes bit for bit; the run says what it was', async () => {
      const tune = (runDir: string, resume: boolean, signal?: AbortSignal, stop?: () => void) =>
        tuneSentiment({
          bank: tinyBank(),
          modelDir,
          runDir,
          resume,
          settings: resume ? {} : { ...settings, storage },
          signal,
          onEvent: (event) => void (event.kind === 'step' && event.done === 6 && stop?.()),
        });
      const straight = join(folder, `${storage}-straight`);
      expect(await countTensors(() => tune(straight, false))).toEqual(NO_GROWTH);
      const resumed = join(folder, `${storage}-resumed`);
      const controller = new AbortController();
      expect(await tune(resumed, false, controller.signal, () => controller.abort())).toBeNull();
      await tune(resumed, true);
      const [one, other, wide] = await Promise.all(
        [straight, resumed, wideRun].map((dir) => RunFolder.open(dir)),
      );
      const losses = (run: RunFolder) => run.readMetrics().map(({ trainLoss }) => trainLoss as number);
      expect(losses(other)).toEqual(losses(one));
      // Each loss is about that on weights in float32, and they fall.
      const apart = losses(one).map((loss, i) => Math.abs(loss - losses(wide)[i]));
      expect(Math.max(...apart)).toBeLessThan(0.05);
      expect(losses(one).at(-1)).toBeLessThan(losses(one)[0] - 0.1);
      expect(await one.readJson(tuningFiles.config)).toMatchObject({
        settings: { storage, optimizer: 'adamw8bit' },
      });
    });

    it('holds the frozen matrices so, until the adapters are merged', async () => {
      const options = { lora: { r: 2 }, precision: 'fp32', storage } as const;
      const model = await openTunableModel(modelDir, options, randomStreams(1));
      const formats = () =>
        [...model.namedParameters()]
          .filter(([, variable]) => lowBitFormatOf(variable as tf.Variable) !== null)
          .map(([name]) => name.replace(/^.*encoder\.layer\./, ''));
      expect(formats().includes('0.attention.self.query.base_layer.weight')).toBe(usesFusedOps());
      expect(formats().some((name) => name.includes('embeddings'))).toBe(false);
      const batch = packSequences([Int32Array.of(2, 5, 8, 3), Int32Array.of(2, 9, 3)]);
      const logits = () => {
        const output = model.forward(batch);
        const values = output.dataSync<'float32'>().slice();
        output.dispose();
        return values;
      };
      const before = logits();
      model.prepareForInference();
      allClose(logits(), before, { rtol: 1e-5, atol: 1e-5 });
      model.dispose();
    });
  },
);
