import { castNative } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { clippingFactor } from '../src/index.js';
import { fused, implementations } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

/** No tensor, empty ones, scalars, each vector's remainder, and one for several threads. */
const lists = [[], [[]], [[0]], [[7], [16, 16], [], [0, 3], [33, 5]], [[1], [100_000]]];

afterEach(() => chooseInstructions('', 0));

describe.each(implementations)('gradients together, %s', (name, { clippingFactor, allFinite }) => {
  it.each(lists.map((shapes) => [shapes]))('norm and factor of %j', (shapes) => {
    const tensors = shapes.map((shape, i) => normal(`${i} of ${shapes.length}`, shape, 3));
    const values = tensors.flatMap((tensor) => [...tensor.dataSync()]);
    const expected = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
    // tfjs's wasm backend adds up one by one in single precision.
    const tolerance = name === 'fused' ? 1e-6 : 2e-5;
    for (const maxNorm of [0.5, 1e6, Number.POSITIVE_INFINITY]) {
      const { norm, factor } = clippingFactor(tensors, maxNorm);
      const [[actual], [scale]] = read(norm, factor);
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * expected);
      expect(scale).toBeCloseTo(Math.min(maxNorm / (expected + 1e-6), 1), 5);
    }
    tf.dispose(tensors);
  });

  it('notices a single number that is not finite, and takes the largest float for finite', () => {
    for (const [value, finite] of [
      [Number.NaN, false],
      [Number.POSITIVE_INFINITY, false],
      [Number.NEGATIVE_INFINITY, false],
      [3.4028234663852886e38, true],
    ] as const) {
      for (const at of [0, 40, 69]) {
        const data = Float32Array.from({ length: 70 }, (_, i) => (i === at ? value : i));
        const tensors = [tf.ones([2, 3]), tf.tensor1d([]), tf.tensor1d(data)];
        expect(allFinite(tensors)).toBe(finite);
        tf.dispose(tensors);
      }
    }
    expect(allFinite([])).toBe(true);
  });
});

describe.runIf(fused)('the fused norm', () => {
  it('gives the same bits however the numbers are divided, by every instruction set', () => {
    const flat = normal<tf.Tensor1D>('flat', [100_001], 3);
    const divided = [tf.split(flat, [1, 70_000, 30_000]), tf.split(flat, [99_990, 11]), [flat]];
    const [expected, ...others] = ['', ...instructionSets].flatMap((name) => {
      chooseInstructions(name, 1 + (name.length % 3));
      return divided.map((tensors) => read(clippingFactor(tensors, 1).norm)[0][0]);
    });
    expect(others).toEqual(others.map(() => expected));
    expect(expected).toBe(
      Math.fround(Math.sqrt(flat.dataSync<'float32'>().reduce((sum, x) => sum + x ** 2, 0))),
    );
    tf.dispose([flat, divided]);
  });

  it.each(['bfloat16', 'float16'] as const)('takes %s as the float32 numbers that they are', (dtype) => {
    const low = [normal('one', [7]), normal('other', [40])].map((tensor) => castNative(tensor, dtype));
    const wide = low.map((tensor) => castNative(tensor, 'float32'));
    const [a, b] = [low, wide].map((tensors) => read(clippingFactor(tensors, 1).norm)[0][0]);
    expect(a).toBe(b);
    tf.dispose([low, wide]);
  });
});
