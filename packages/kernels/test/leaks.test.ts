import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { implementations } from './support/implementations.js';
import { normal } from './support/tensors.js';

/** Counts are exact, so that a few steps find whatever grows with each; the full tier finds rarer growth. */
const STEPS = fullTier ? 1000 : 100;

describe.each(implementations)('%s', (_, { dropout, gelu, layerNorm, packedAttention }) => {
  it(`leaves nothing behind after ${STEPS} steps forward and backward`, async () => {
    const x = normal<tf.Tensor2D>('x', [6, 8]);
    const vector = normal<tf.Tensor1D>('vector', [8]);
    const offsets = Int32Array.of(0, 2, 6);
    const stream = randomStreams(1).stream('dropout');
    const drop = { rate: 0.1, stream };
    const gradients = tf.grads((a, b) => {
      const [input, bias] = [a as tf.Tensor2D, b as tf.Tensor1D];
      const y = layerNorm(gelu(input, bias), bias, bias, { residual: input, bias, dropout: drop });
      return packedAttention(y, y, dropout(y, drop), offsets, { heads: 2, dropout: drop });
    });
    const step = () => {
      tf.dispose(gradients([x, vector]));
      tf.dispose(gelu(x, vector));
    };
    step();
    const growth = await countTensors(() => {
      for (let i = 0; i < STEPS; i++) step();
    });
    expect(growth).toEqual(NO_GROWTH);
    tf.dispose([x, vector]);
  });
});
