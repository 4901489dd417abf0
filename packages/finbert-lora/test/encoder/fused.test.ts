import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BertForSequenceClassification } from '../../src/index.js';
import { crossEntropy } from '../../src/index.js';
import { implementations, use } from '../support/implementations.js';
import { tinyBatch, tinyLabels, tinyModel } from '../support/tiny-model.js';

let model: BertForSequenceClassification;
beforeEach(() => {
  model = tinyModel({ initializerRange: 0.5, hiddenDropoutProb: 0.2, attentionProbsDropoutProb: 0.3 });
});
afterEach(() => model.dispose());

const step = () =>
  tf.variableGrads(() => {
    const dropout = randomStreams(2).stream('dropout');
    return crossEntropy(model.forward(tinyBatch(), { training: true, dropout }), tinyLabels);
  });

describe.skipIf(implementations.length < 2)('made of fused ops', () => {
  it('gives the loss and the gradients that ordinary ops give, dropout included', () => {
    use('composed');
    const composed = step();
    use('fused');
    const fused = step();
    allClose(fused.value.dataSync(), composed.value.dataSync());
    expect(Object.keys(fused.grads)).toEqual(Object.keys(composed.grads));
    for (const [name, grad] of Object.entries(composed.grads)) {
      allClose(fused.grads[name].dataSync(), grad.dataSync(), { rtol: 1e-4, atol: 1e-5 });
    }
    tf.dispose([composed.grads, fused.grads, composed.value, fused.value]);
  });

  it('drops the same elements as ordinary ops, where those compute attention in several groups', () => {
    const lengths = [...Array<number>(30).fill(3), 60, 61];
    const wide = tinyModel({
      initializerRange: 0.5,
      maxPositionEmbeddings: 64,
      attentionProbsDropoutProb: 0.3,
    });
    const logits = (implementation: 'composed' | 'fused') => {
      use(implementation);
      const dropout = randomStreams(2).stream('dropout');
      return tf.tidy(() => wide.forward(tinyBatch(lengths), { training: true, dropout }).dataSync());
    };
    allClose(logits('fused'), logits('composed'), { rtol: 1e-4, atol: 1e-5 });
    wide.dispose();
  });

  it('gives gradients to what is trained alone', () => {
    use('fused');
    const all = step();
    for (const [path, variable] of model.namedParameters())
      variable.trainable = /layer\.1.*(query|bias)/.test(path);
    const some = step();
    const trained = [...model.namedParameters().values()].filter(({ trainable }) => trainable);
    expect(Object.keys(some.grads).sort()).toEqual(trained.map(({ name }) => name).sort());
    for (const [name, grad] of Object.entries(some.grads))
      allClose(grad.dataSync(), all.grads[name].dataSync());
    tf.dispose([all.grads, some.grads, all.value, some.value]);
  });

  it('drops attention weights', () => {
    use('fused');
    const dropping = tinyModel({
      initializerRange: 0.5,
      hiddenDropoutProb: 0,
      attentionProbsDropoutProb: 0.5,
    });
    tf.tidy(() => {
      const run = (at: number) =>
        dropping
          .forward(tinyBatch(), { training: true, dropout: randomStreams(2).stream('dropout').at(at) })
          .dataSync();
      expect(run(0)).toEqual(run(0));
      expect(run(0)).not.toEqual(run(1));
    });
    dropping.dispose();
  });

  it('leaks nothing', async () => {
    use('fused');
    const run = () => {
      const { value, grads } = step();
      tf.dispose([value, grads]);
      tf.dispose(model.forward(tinyBatch()));
    };
    run();
    const runs = () => {
      for (let i = 0; i < 20; i++) run();
    };
    expect(await countTensors(runs)).toEqual(NO_GROWTH);
  });
});
