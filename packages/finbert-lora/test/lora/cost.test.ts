import type { Interceptor } from '@fin/runtime';
import { hasNativeOps, installInterceptor } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { BertConfig } from '../../src/index.js';
import { crossEntropy } from '../../src/index.js';
import type { LoraConfig, PeftModel } from '../../src/lora/index.js';
import { getPeftModel } from '../../src/lora/index.js';
import { initStream } from '../support/init-stream.js';
import { tinyBatch, tinyLabels, tinyModel } from '../support/tiny-model.js';

const batch = tinyBatch([4, 4, 4, 4, 4]);
const trained = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 };
let made: PeftModel[] = [];
const make = (model: Partial<BertConfig>, settings: Partial<LoraConfig>) => {
  const peft = getPeftModel(tinyModel({ ...trained, ...model }), settings, { init: initStream() });
  made.push(peft);
  return peft;
};
afterEach(() => {
  for (const peft of made) peft.dispose();
  made = [];
});

type Adapted = ReturnType<typeof make>;
const forward = (peft: Adapted) => () => tf.dispose(peft.forward(batch));
const step = (peft: Adapted) => () => {
  const { value, grads } = tf.variableGrads(() => crossEntropy(peft.forward(batch), tinyLabels));
  tf.dispose([value, grads]);
};

/** tfjs kernels that run while `fn` does, on any backend; ops that are made of several come without a name of their own. */
async function kernels(fn: () => void): Promise<string[]> {
  const profile = await tf.profile(() => {
    fn();
    return tf.scalar(0);
  });
  tf.dispose(profile.result);
  return profile.kernels.map(({ name }) => name).filter((name) => name !== 'unnamed scope');
}

const products = async (fn: () => void) =>
  (await kernels(fn)).filter((name) => name === 'BatchMatMul').length;

describe('a step', () => {
  const top = (layer: number) => ({ layersToTransform: layer, loraAlpha: 16 });

  it('costs the same backward, whatever is frozen below the first adapter', async () => {
    const backward = async (layers: number) => {
      const peft = make({ numHiddenLayers: layers }, top(layers - 1));
      const [all, there] = [await kernels(step(peft)), await kernels(forward(peft))];
      return all.length - there.length;
    };
    expect(await backward(6)).toBe(await backward(2));
  });

  it('computes no gradient for frozen weights', async () => {
    const backward = async (settings: Partial<LoraConfig>) => {
      const peft = make({ numHiddenLayers: 1 }, { modulesToSave: null, ...settings });
      return (await products(step(peft))) - (await products(forward(peft)));
    };
    const some = await backward({ targetModules: ['query'] });
    // Of one more pair at the bottom: A, B, and what flows from B to A; nothing through its frozen weight.
    expect((await backward({ targetModules: ['query', 'value'] })) - some).toBe(3);
    // Further up the gradient flows on: through A, and through the frozen weight, which it does anyway.
    expect((await backward({ targetModules: ['query', 'intermediate.dense'] })) - some).toBe(4);
  });

  it('adds four small ops to a forward pass for each adapted layer, three at scale 1', async () => {
    const plain = tinyModel(trained);
    const base = (await kernels(() => tf.dispose(plain.forward(batch)))).length;
    plain.dispose();
    const ops = async (loraAlpha: number) => (await kernels(forward(make({}, { loraAlpha })))).length - base;
    expect(await ops(16)).toBe(4 * 6);
    expect(await ops(8)).toBe(3 * 6);
  });

  it('keeps nothing of frozen layers for the backward pass', () => {
    const held = (layers: number) => {
      const peft = make({ numHiddenLayers: layers }, top(layers - 1));
      let bytes = 0;
      const { value, grads } = tf.variableGrads(() => {
        const before = tf.memory().numBytes;
        const logits = tf.tidy(() => peft.forward(batch));
        bytes = tf.memory().numBytes - before;
        return crossEntropy(logits, tinyLabels);
      });
      tf.dispose([value, grads]);
      return bytes;
    };
    expect(held(6)).toBe(held(2));
  });

  it('asks TensorFlow for no more than that', () => {
    if (!hasNativeOps()) return;
    const calls = (fn: () => void) => {
      const ops = new Map<string, number>();
      const count: Interceptor = (call, next) => {
        ops.set(call.op, (ops.get(call.op) ?? 0) + 1);
        return next(call);
      };
      const installed = installInterceptor('count', count);
      fn();
      installed.remove();
      return ops;
    };
    const backward = (layers: number) => {
      const peft = make({ numHiddenLayers: layers }, top(layers - 1));
      const [all, there] = [calls(step(peft)), calls(forward(peft))];
      return Object.fromEntries([...all].map(([op, n]) => [op, n - (there.get(op) ?? 0)]));
    };
    expect(backward(5)).toEqual(backward(2));
  });
});
