import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { dropout, gelu, layerNorm, packedAttention } from '../src/index.js';
import { fused } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

afterEach(() => chooseInstructions('', 0));

/** Values and gradients of all ops over enough rows for several tasks. */
function everything(): Float32Array[] {
  const x = normal<tf.Tensor2D>('x', [600, 102]);
  const vector = normal<tf.Tensor1D>('vector', [102]);
  const offsets = Int32Array.of(0, 100, 120, 121, 121, 300, 417, 440, 600);
  const drop = (name: string) => ({ rate: 0.2, stream: randomStreams(4).stream(name) });
  const { value, grads } = tf.valueAndGrads((a, b) => {
    const [input, bias] = [a as tf.Tensor2D, b as tf.Tensor1D];
    const y = layerNorm(gelu(input, bias), bias, bias, { residual: input, bias, dropout: drop('norm') });
    return packedAttention(y, input, dropout(y, drop('plain')), offsets, {
      heads: 3,
      dropout: drop('attention'),
    });
  })([x, vector], x);
  tf.dispose([x, vector]);
  return read(value, ...grads);
}

describe.runIf(fused)('the kernels', () => {
  it.each(instructionSets.slice(1))('of %s give what the best ones give, but for rounding', (name) => {
    const best = everything();
    chooseInstructions(name, 0);
    for (const [i, values] of everything().entries()) allClose(values, best[i], { rtol: 1e-4, atol: 1e-4 });
  });

  it.each([1, 3, 8])('give the same bits on %i threads', (threads) => {
    const usual = everything();
    chooseInstructions('', threads);
    for (let i = 0; i < 5; i++) expect(everything()).toEqual(usual);
  });

  it('refuse instructions that nobody knows', () => {
    expect(() => chooseInstructions('mmx', 0)).toThrow();
  });
});
