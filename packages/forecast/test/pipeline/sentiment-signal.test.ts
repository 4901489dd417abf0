import { join } from 'node:path';
import type { LabelledSentence } from '@fin/data';
import { syntheticMarket, syntheticTone } from '@fin/data';
import { BertForSequenceClassification, createConfig, saveBert } from '@fin/finbert-lora';
import { BertTokenizer, buildVocabulary } from '@fin/finbert-lora/tokenizer';
import { loadKernels } from '@fin/kernels';
import { currentTensorFlow, randomStreams } from '@fin/runtime';
import { tuneSentiment } from '@fin/sentiment';
import { fullTier } from '@fin/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ForecasterOptions, LeadLagRow } from '../../src/index.js';
import { evaluateRun, trainForecaster } from '../../src/index.js';
import { bankOf } from './bank-of.js';
import { temporaryFolder } from './temporary-folder.js';

const MINUTES = 60_000;
/** The synthetic market's ceiling is R² 0.67 at this signal. */
const STRONG = 0.02;

// On wasm and cpu the same sums take many minutes; that they are the same sums is what the other suites show.
describe.skipIf(currentTensorFlow().backend !== 'tensorflow')(
  'tuned on tones, then forecasting with its scores or trained jointly (native TensorFlow only)',
  () => {
    const folder = temporaryFolder();
    const cache = process.env.FIN_CACHE_DIR;
    const runDir = join(folder, 'tuning');

    beforeAll(async () => {
      vi.stubEnv('FIN_KERNELS', '');
      await loadKernels();
      process.env.FIN_CACHE_DIR = join(folder, 'cache');
      const texts = syntheticMarket({ seed: 9 }).headlines.array('text') as string[];
      const vocabulary = buildVocabulary(texts, { size: 400 });
      const config = createConfig({
        vocabSize: vocabulary.length,
        hiddenSize: 32,
        numHiddenLayers: 1,
        numAttentionHeads: 2,
        intermediateSize: 64,
        maxPositionEmbeddings: 32,
      });
      const model = new BertForSequenceClassification(config, { init: randomStreams(2).stream('init') });
      await saveBert(model, BertTokenizer.fromVocab(vocabulary, { maxLength: 32 }), join(folder, 'fresh'));
      model.dispose();
      const sentences = [...new Set(texts)].slice(0, 1500).map((text, line): LabelledSentence => {
        const label = (['negative', 'neutral', 'positive'] as const)[syntheticTone([{ text }]) + 1];
        return { text, label, line };
      });
      const bank = bankOf(sentences);
      const settings = { method: 'full', learningRate: 3e-3, layerDecay: 1, maxLength: 32 } as const;
      const summary = await tuneSentiment({ bank, modelDir: join(folder, 'fresh'), runDir, settings });
      expect(summary!.accuracy).toBeGreaterThan(0.98);
    }, 5 * MINUTES);
    afterAll(() => {
      vi.unstubAllEnvs();
      if (cache === undefined) delete process.env.FIN_CACHE_DIR;
      else process.env.FIN_CACHE_DIR = cache;
    });

    const evaluationOf = async (signal: number, options: ForecasterOptions = {}) => {
      const run = join(folder, `signal-${signal}-${options.text}`);
      const settings = { model: runDir, ...options };
      await trainForecaster({ market: syntheticMarket({ signal }), runDir: run, settings });
      return evaluateRun(run);
    };

    const isRelated = ({ adjustedPValue }: LeadLagRow) => adjustedPValue! < 0.05;

    it(
      'finds a signal that is there: better than persistence with p < 0.01',
      async () => {
        const { rows, leadLag } = await evaluationOf(STRONG);
        const ridge = rows.find(({ model }) => model === 'ridge-sentiment')!;
        for (const { dieboldMariano, directionalInterval } of [rows[0], ridge]) {
          expect(dieboldMariano!.statistic).toBeLessThan(0);
          expect(dieboldMariano!.pValue).toBeLessThan(0.01);
          expect(directionalInterval![0]).toBeGreaterThan(0.5);
        }
        expect(leadLag!.rows.filter(isRelated).map(({ lag }) => lag)).toEqual([1]);
        expect(leadLag!.summary).toMatch(/^Sentiment goes with later returns \(t\+1: correlation 0\./);
      },
      5 * MINUTES,
    );

    it.each([
      [STRONG, 'finds it there, better than persistence with p < 0.01'],
      ...(fullTier ? [[0, 'finds none where there is none'] as const] : []),
    ] as const)(
      'trained jointly, signal %d: %s',
      async (signal) => {
        const [{ model, dieboldMariano }] = (await evaluationOf(signal, { text: 'joint', epochs: 2 })).rows;
        expect(model).toBe('joint-lora+lstm');
        const better = dieboldMariano!.statistic < 0 && dieboldMariano!.pValue < 0.01;
        expect(better).toBe(signal > 0);
      },
      5 * MINUTES,
    );

    it.runIf(fullTier)(
      'finds none where there is none',
      async () => {
        const { rows, leadLag } = await evaluationOf(0);
        const { dieboldMariano } = rows[0];
        expect(dieboldMariano!.pValue > 0.01 || dieboldMariano!.statistic > 0).toBe(true);
        expect(leadLag!.rows.filter(isRelated)).toEqual([]);
      },
      5 * MINUTES,
    );
  },
);
