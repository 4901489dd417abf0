import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BertForSequenceClassification } from '../../src/index.js';
import { crossEntropy, FrozenLayerCache } from '../../src/index.js';
import type { PeftModel } from '../../src/lora/index.js';
import { getPeftModel } from '../../src/lora/index.js';
import { packSequences } from '../../src/tokenizer/index.js';
import { implementations, use } from '../support/implementations.js';
import { initStream } from '../support/init-stream.js';
import { tinyBatch, tinyLabels, tinyModel } from '../support/tiny-model.js';

const batch = tinyBatch();
const text = (...ids: number[]) => Int32Array.from(ids);

describe.each(implementations)('frozen layers, %s', (implementation) => {
  let peft: PeftModel<BertForSequenceClassification>;
  let cache: FrozenLayerCache;
  const adapt = (layersToTransform: number[], dropout = 0) => {
    const rates = { hiddenDropoutProb: dropout, attentionProbsDropoutProb: dropout };
    peft = getPeftModel(
      tinyModel({ ...rates, initializerRange: 0.3 }),
      { layersToTransform, initLoraWeights: false, loraAlpha: 16 },
      { init: initStream() },
    );
    cache = new FrozenLayerCache(peft.model.bert);
  };
  beforeEach(() => {
    use(implementation);
    adapt([2]);
  });
  afterEach(() => {
    cache.dispose();
    peft.dispose();
  });

  it('are those below the lowest adapter', () => {
    expect(cache.layers).toBe(2);
    cache.dispose();
    peft.dispose();
    adapt([0, 2]);
    expect(cache.layers).toBe(0);
  });

  it('give the same logits and gradients from the cache', () => {
    const step = (cached: boolean) => {
      const { value, grads } = tf.variableGrads(() => {
        const options = cached ? { training: true, lower: cache.lower(batch) } : { training: true };
        return crossEntropy(peft.forward(batch, options), tinyLabels);
      });
      const numbers = Object.fromEntries(Object.entries(grads).map(([name, one]) => [name, one.dataSync()]));
      const result = { loss: value.dataSync(), numbers };
      tf.dispose([value, grads]);
      return result;
    };
    const [plain, filled, again] = [step(false), step(true), step(true)];
    for (const cached of [filled, again]) {
      allClose(cached.loss, plain.loss);
      expect(Object.keys(cached.numbers)).toEqual(Object.keys(plain.numbers));
      for (const [name, numbers] of Object.entries(plain.numbers)) allClose(cached.numbers[name], numbers);
    }
  });

  it('run once for each text, in whatever batch it comes', () => {
    const [a, b, c] = [text(1, 5, 9), text(2, 4), text(7, 7, 7, 7)];
    const forward = vi.spyOn(peft.model.bert, 'forward');
    tf.tidy(() => void cache.lower(packSequences([a, b, a])));
    expect(forward.mock.calls.map(([part]) => part.size)).toEqual([2]);
    const other = packSequences([c, a, b, c]);
    const logits = tf.tidy(() => peft.forward(other, { lower: cache.lower(other) }).dataSync());
    expect(forward.mock.calls.map(([part]) => part.size)).toEqual([2, 1, 4]);
    expect(cache.size).toBe(3);
    allClose(
      logits,
      tf.tidy(() => peft.forward(other).dataSync()),
    );
  });

  it('tell texts apart that differ in their token types alone', () => {
    const one = packSequences([text(1, 5, 9)]);
    const pair = { ...one, tokenTypeIds: Int32Array.of(0, 1, 1) };
    const of = (batch: typeof one, cached: boolean) =>
      tf.tidy(() => peft.forward(batch, cached ? { lower: cache.lower(batch) } : {}).dataSync());
    allClose(of(one, true), of(one, false));
    allClose(of(pair, true), of(pair, false));
    expect(cache.size).toBe(2);
  });

  it('drop nothing, while the layers above still do', () => {
    cache.dispose();
    peft.dispose();
    adapt([2], 0.4);
    const stream = randomStreams(3).stream('dropout');
    const run = (draw: number) =>
      tf.tidy(() => {
        const lower = cache.lower(batch);
        const logits = peft.forward(batch, { training: true, dropout: stream.at(draw), lower });
        return { states: [...lower.states.dataSync()], logits: [...logits.dataSync()] };
      });
    const [first, second] = [run(1), run(2)];
    expect(second.states).toEqual(first.states);
    expect(second.logits).not.toEqual(first.logits);
  });

  it('are refused where a trained layer is among them, or states of another batch', () => {
    tf.tidy(() => {
      const { states } = cache.lower(batch);
      expect(() => peft.forward(batch, { lower: { layers: 3, states } })).toThrow(
        'lower.layers is 3, but 2 of 3 layers at the bottom are frozen',
      );
      expect(() => peft.forward(tinyBatch([3]), { lower: { layers: 2, states } })).toThrow(
        'lower.states has the shape [26,8] where the batch needs [3,8]',
      );
    });
  });

  it('keep one tensor per text, until the cache is freed', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => void cache.lower(batch));
    tf.tidy(() => void cache.lower(batch));
    expect(tf.memory().numTensors - before).toBe(5);
    cache.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
