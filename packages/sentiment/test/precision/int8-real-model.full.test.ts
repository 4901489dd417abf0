import { loadKaggle, sentimentLabels } from '@fin/data';
import { loadBert } from '@fin/finbert-lora';
import { loadKernels } from '@fin/kernels';
import { hasNativeOps, randomStreams } from '@fin/runtime';
import { allClose, sharedPath } from '@fin/testkit';
import { expect, it } from 'vitest';
import { lowerForInference } from '../../src/scoring/lower-for-inference.js';
import { scoreTexts } from '../../src/scoring/score-texts.js';

const modelDir = sharedPath('models', 'all-MiniLM-L6-v2');
const newsDir = sharedPath('data', 'stocknews-djia');
const HEADLINES = 256;

// On wasm and cpu this takes minutes.
it.skipIf(modelDir === null || newsDir === null || !hasNativeOps())(
  'a real encoder in int8 gives real headlines the probabilities of float32, and mostly their class',
  async () => {
    await loadKernels();
    const { headlines } = await loadKaggle({ dir: newsDir! });
    const texts = (headlines.array('text') as string[]).slice(0, HEADLINES);
    const probabilities = async (precision: 'fp32' | 'int8') => {
      const init = randomStreams(1).stream('init'); // of the head, which this encoder lacks
      const { model, tokenizer } = await loadBert(modelDir!, { labels: sentimentLabels, init });
      const found: Float32Array[] = [];
      const sequences = texts.map((text) => tokenizer.encode(text, { maxLength: 128 }));
      const options = { tokensPerBatch: 2048, columns: [0, 1, 2] };
      const classifier = lowerForInference(model, precision);
      for await (const { indices, scores } of scoreTexts(classifier, sequences, options)) {
        indices.forEach((index, row) => {
          found[index] = scores[row];
        });
      }
      model.dispose();
      return found;
    };
    const wide = await probabilities('fp32');
    const low = await probabilities('int8');
    const classOf = (scores: Float32Array) => scores.indexOf(Math.max(...scores));
    expect(new Set(wide.map(classOf)).size).toBeGreaterThan(1);
    // A head that is not trained has all classes close together.
    expect(low.filter((one, i) => classOf(one) === classOf(wide[i])).length).toBeGreaterThan(0.9 * HEADLINES);
    for (const [i, scores] of low.entries()) allClose(scores, wide[i], { rtol: 0, atol: 5e-3 });
  },
);
