import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackendName } from '../../src/index.js';
import { countTensors, loadTensorFlow, NO_GROWTH, randomStreams } from '../../src/index.js';
import { CASES } from './cases.js';

/** Float32 sums in another order. */
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: number[];
}

/** Outputs of a case, then the gradients of their weighted sum with respect to each differentiable input. */
function run(name: string): Result[] {
  const { op, inputs, gradient } = CASES[name]!;
  const random = randomStreams(1).stream(name);
  return tf.tidy(() => {
    const tensors = inputs.map((input) =>
      Array.isArray(input) ? random.uniform(input, -1, 1) : tf.tensor(...input.values),
    );
    const forward = (...xs: tf.Tensor[]) => [op(...xs)].flat();
    const outputs = forward(...tensors);
    const weights = outputs.map(({ shape }) => random.uniform(shape, -1, 1));
    const differentiable = tensors.filter(({ dtype }) => dtype === 'float32');
    const loss = (...xs: tf.Tensor[]) => {
      const rest = [...xs];
      const all = tensors.map((tensor) => (tensor.dtype === 'float32' ? rest.shift()! : tensor));
      const terms = forward(...all).map((output, i) => tf.sum(tf.mul(output, weights[i]!)));
      return tf.addN(terms) as tf.Scalar;
    };
    const gradients = gradient ? tf.grads(loss)(differentiable) : [];
    return [...outputs, ...gradients].map((tensor) => ({
      shape: tensor.shape,
      dtype: tensor.dtype,
      values: [...(tensor.dataSync() as Float32Array)],
    }));
  });
}

describe('a reduction over no element', () => {
  // Not the memory of an earlier tensor.
  // tfjs's cpu backend gives other values than TensorFlow here, but always the same ones.
  const isCpu = tf.getBackend() === 'cpu';
  const dirty = () => tf.dispose(Array.from({ length: 40 }, (_, i) => tf.fill([8], i + 1.5)));
  it.each([
    ['sum', tf.sum, 0],
    ['prod', tf.prod, 1],
    ['max', tf.max, Number.NEGATIVE_INFINITY],
    ['min', tf.min, Number.POSITIVE_INFINITY],
    ['mean', tf.mean, Number.NaN],
  ] as const)('%s', (name, reduce, value) => {
    if (isCpu && name !== 'sum' && name !== 'prod') return;
    dirty();
    tf.tidy(() => {
      const [rows, kept] = [reduce(tf.zeros([0, 8]), 0), reduce(tf.zeros([0, 8]), 0, true)];
      expect(kept.shape).toEqual([1, 8]);
      expect([...rows.dataSync(), ...kept.dataSync()]).toEqual(Array(16).fill(value));
      expect([...reduce(tf.zeros([0])).dataSync()]).toEqual([value]);
    });
  });

  it.skipIf(isCpu)('all and any', () => {
    dirty();
    tf.tidy(() => {
      const none = tf.zeros([0, 8], 'bool');
      expect([...tf.all(none, 0).dataSync()]).toEqual(Array(8).fill(1));
      expect([...tf.any(none, 0).dataSync()]).toEqual(Array(8).fill(0));
    });
  });
});

describe('every kernel of the study beside the cpu backend, with its gradient', () => {
  const backend = tf.getBackend() as BackendName;
  const expected = new Map<string, Result[]>();

  beforeAll(async () => {
    await loadTensorFlow({ backend: 'cpu' });
    for (const name of Object.keys(CASES)) expected.set(name, run(name));
    await loadTensorFlow({ backend });
  });
  afterAll(() => loadTensorFlow({ backend }));

  it.each(Object.keys(CASES))('%s', async (name) => {
    const reference = expected.get(name)!;
    const growth = await countTensors(() => {
      const results = run(name);
      expect(results.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
        reference.map(({ shape, dtype }) => ({ shape, dtype })),
      );
      for (const [i, { values }] of results.entries()) allClose(values, reference[i]!.values, TOLERANCE);
    });
    expect(growth).toEqual(NO_GROWTH);
  });
});
