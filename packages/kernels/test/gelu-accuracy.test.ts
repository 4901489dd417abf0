import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { gelu } from '../src/index.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import * as reference from './support/reference.js';
import { read, withGradients } from './support/tensors.js';

/** From far beyond where the result is 0 to far beyond where it is x. */
const xs = Float32Array.from({ length: 200_001 }, (_, i) => -16 + i * 1.6e-4);
/** Spacing of float32 numbers around a value. Below 1e-30 only the absolute error counts: Φ below 1e-38 is 0. */
const spacing = (value: number) => 2 ** (Math.floor(Math.log2(Math.max(Math.abs(value), 1e-30))) - 23);
const worst = (values: Float32Array, expected: Float64Array, unit: (y: number) => number) =>
  values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]) / unit(expected[i])), 0);
const expected = Float64Array.from(xs, reference.gelu);
const slopes = Float64Array.from(xs, reference.geluSlope);

/** Units in the last place: without fused multiply-add what z² loses by rounding is not put back. */
const LIMITS: Record<string, number> = { avx512: 5.5, avx2: 5.5, baseline: 64 };

afterAll(() => chooseInstructions('', 0));

// Without the fused ops there is no instruction set to choose: the composed twin has its own tests.
if (instructionSets.length === 0) it.skip('gelu by instruction set (needs the fused ops)');

describe.each(instructionSets)('gelu by %s', (name) => {
  it('is as accurate as the table says', () => {
    chooseInstructions(name, 0);
    const x = tf.tensor1d(xs);
    const { value, gradients } = withGradients((v) => gelu(v), [x], tf.onesLike(x));
    const units = worst(value, expected, spacing);
    const absolute = worst(value, expected, () => 1);
    const slope = worst(gradients[0], slopes, () => 1);
    expect(units).toBeLessThan(LIMITS[name]);
    expect(absolute).toBeLessThan(4e-7);
    expect(slope).toBeLessThan(2e-7);
    read(x);
  });
});
