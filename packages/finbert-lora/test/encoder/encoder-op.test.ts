import { countTensors, installInterceptor, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BertConfig, BertForSequenceClassification } from '../../src/index.js';
import { getPeftModel } from '../../src/lora/index.js';
import { implementations, use } from '../support/implementations.js';
import { tinyBatch, tinyModel } from '../support/tiny-model.js';

const LAYERS = 3;
const settings: Partial<BertConfig> = { initializerRange: 0.3, hiddenSize: 32, intermediateSize: 64 };

let model: BertForSequenceClassification;
beforeEach(() => {
  use('fused');
  model = tinyModel(settings);
});
afterEach(() => {
  use('fused');
  model.dispose();
});

/** Number of layers that each encoder op took. */
function encoderOps(run: () => unknown): number[] {
  const layers: number[] = [];
  const installed = installInterceptor('encoder ops', (call, next) => {
    const weights = call.attrs.find(({ name }) => name === 'N')?.value as number;
    if (call.op === 'FinEncoder') layers.push(weights / 6);
    return next(call);
  });
  tf.tidy(() => void run());
  installed.remove();
  return layers;
}

const forward = (of = model) => tf.tidy(() => of.forward(tinyBatch()).dataSync());

describe.skipIf(implementations.length < 2)('the encoder op', () => {
  it('takes all layers at once, with the values of ordinary ops', () => {
    expect(encoderOps(() => model.forward(tinyBatch()))).toEqual([LAYERS]);
    const fused = forward();
    use('composed');
    allClose(fused, forward());
  });

  it('takes the layers one by one if all hidden states are wanted', () => {
    const run = () => model.bert.forward(tinyBatch(), { outputHiddenStates: true });
    expect(encoderOps(run)).toEqual([1, 1, 1]);
    tf.tidy(() => {
      const states = run().hiddenStates!;
      expect(states.length).toBe(LAYERS + 1);
      expect(states.at(-1)!.dataSync()).toEqual(model.bert.forward(tinyBatch()).lastHiddenState.dataSync());
    });
  });

  it.each([
    ['another activation', { hiddenAct: 'relu' }],
    ['the tanh approximation', { hiddenAct: 'gelu_new' }],
  ] as const)('leaves %s to the ops of the layers', (_, change) => {
    const other = tinyModel({ ...settings, ...change });
    expect(encoderOps(() => other.forward(tinyBatch()))).toEqual([]);
    expect(other.bert.opByOpReason()).toBe(
      `3 of 3 layers run op by op. The activation is ${change.hiddenAct}, and the encoder op has exact GELU alone.`,
    );
    other.dispose();
  });

  it('takes all layers in training, and what lies below the lowest trained one without a gradient', () => {
    const options = () => ({ training: true, dropout: randomStreams(2).stream('dropout') });
    const train = (dropout: boolean) =>
      encoderOps(() => tf.variableGrads(() => tf.sum(model.forward(tinyBatch(), dropout ? options() : {}))));
    expect(train(false)).toEqual([LAYERS]);
    for (const [path, variable] of model.namedParameters()) {
      variable.trainable = /layer\.2|pooler|classifier/.test(path);
    }
    expect(train(false)).toEqual([2, 1]);
    expect(train(true)).toEqual([2, 1]);
    expect(encoderOps(() => model.forward(tinyBatch(), options()))).toEqual([LAYERS]);
  });

  it('trains whole encoders by adapters, with the gradients and masks of ordinary ops', () => {
    const init = randomStreams(4).stream('adapter');
    const peft = getPeftModel(
      model,
      { r: 2, loraDropout: 0.2, initLoraWeights: false, targetModules: ['query', 'value', 'output.dense'] },
      { init },
    );
    const gradients = () => {
      const { value, grads } = tf.variableGrads(() => {
        const dropout = randomStreams(5).stream('dropout');
        return tf.sum<tf.Scalar>(tf.square(peft.forward(tinyBatch(), { training: true, dropout })));
      });
      return { value, ...grads };
    };
    expect(encoderOps(gradients)).toEqual([LAYERS]);
    const read = () =>
      tf.tidy(() => Object.entries(gradients()).map(([name, tensor]) => [name, tensor.dataSync()] as const));
    const fused = new Map(read());
    use('composed');
    const composed = read();
    expect(composed.length).toBe(fused.size);
    for (const [name, values] of composed) {
      const most = Math.max(...Array.from(values, Math.abs));
      allClose(fused.get(name)!, values, { rtol: 0, atol: 2e-5 * Math.max(most, 1e-2) });
    }
  });

  it('asks for dropout of adapters as ordinary ops do', () => {
    const init = randomStreams(4).stream('adapter');
    const config = { r: 2, loraDropout: 0.2, targetModules: ['query'] };
    const other = tinyModel({ ...settings, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 });
    const peft = getPeftModel(other, config, { init });
    expect(() => peft.forward(tinyBatch(), { training: true })).toThrow(/needs a random stream/);
    other.dispose();
  });

  it('takes layers with an adapter in use, but not with DoRA', () => {
    const init = randomStreams(4).stream('adapter');
    const config = { r: 2, initLoraWeights: false, targetModules: ['query'], layersToTransform: [1] };
    const peft = getPeftModel(model, config, { init });
    const run = () => peft.forward(tinyBatch());
    expect(encoderOps(run)).toEqual([LAYERS]);
    const fused = tf.tidy(() => run().dataSync());
    use('composed');
    allClose(
      fused,
      tf.tidy(() => run().dataSync()),
    );
    use('fused');
    const other = tinyModel(settings);
    const dora = getPeftModel(other, { ...config, useDora: true }, { init });
    expect(encoderOps(() => dora.forward(tinyBatch()))).toEqual([1, 1]);
    expect(model.bert.opByOpReason()).toBeNull();
    expect(other.bert.opByOpReason()).toMatch(
      /^1 of 3 layers run op by op\. The adapter of query is no plain/,
    );
    use('composed');
    expect(model.bert.opByOpReason()).toBe('3 of 3 layers run op by op. The fused ops are not in use.');
    use('fused');
    dora.disableAdapter(() => expect(encoderOps(() => dora.forward(tinyBatch()))).toEqual([LAYERS]));
    other.dispose();
  });

  it('sees a weight that was assigned', async () => {
    forward();
    const growth = await countTensors(() => {
      const { weight } = model.bert.layers[1].intermediate;
      tf.tidy(() => weight.assign(tf.mul(weight, -1)));
      const fused = forward();
      use('composed');
      allClose(fused, forward());
    });
    expect(growth.tensors).toBe(0);
  });

  it('leaves nothing behind with the model', async () => {
    const growth = await countTensors(() => {
      const other = tinyModel(settings);
      forward(other);
      other.dispose();
    });
    expect(growth).toEqual(NO_GROWTH);
  });
});
