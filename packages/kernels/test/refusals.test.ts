import { randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { KernelInputError } from '../src/index.js';
import { implementations } from './support/implementations.js';

const zeros = (...shape: number[]) => tf.zeros(shape);
const matrix = (rows: number, cols: number) => zeros(rows, cols) as tf.Tensor2D;
const vector = (size: number) => zeros(size) as tf.Tensor1D;
const stream = randomStreams(1).stream('dropout');

describe.each(implementations)('%s', (_, { dropout, gelu, layerNorm, packedAttention }) => {
  const attention = (offsets: number[], heads = 2, other = matrix(5, 6), rate = 0) =>
    packedAttention(matrix(5, 6), other, matrix(5, 6), Int32Array.from(offsets), {
      heads,
      dropout: { rate, stream },
    });

  it.each<readonly [what: string, run: () => tf.Tensor, message: RegExp]>([
    [
      'a bias of another width',
      () => gelu(matrix(2, 3), vector(2)),
      /bias of the shape \[2\].*rows of \[2,3\]/,
    ],
    [
      'a matrix for a bias',
      () => gelu(matrix(2, 3), matrix(2, 3) as tf.Tensor as tf.Tensor1D),
      /bias of the shape \[2,3\]/,
    ],
    [
      'x of rank 3',
      () => layerNorm(zeros(2, 3, 4) as tf.Tensor2D, vector(4), vector(4)),
      /must be \[rows, columns\]/,
    ],
    [
      'gamma of another width',
      () => layerNorm(matrix(2, 3), vector(4), vector(3)),
      /gamma has the shape \[4\].*3 columns/,
    ],
    [
      'beta of another width',
      () => layerNorm(matrix(2, 3), vector(3), vector(1)),
      /beta has the shape \[1\]/,
    ],
    [
      'a bias of another width',
      () => layerNorm(matrix(2, 3), vector(3), vector(3), { bias: vector(2) }),
      /bias has/,
    ],
    [
      'a residual of another height',
      () => layerNorm(matrix(2, 3), vector(3), vector(3), { residual: matrix(3, 3) }),
      /residual has the shape \[3,3\], but x has \[2,3\]/,
    ],
    [
      'a rate of 1',
      () => layerNorm(matrix(2, 3), vector(3), vector(3), { dropout: { rate: 1, stream } }),
      /layerNorm: a dropout rate must be in \[0, 1\), not 1/,
    ],
    ['a negative rate', () => dropout(matrix(2, 3), { rate: -0.1, stream }), /dropout: a dropout rate/],
    [
      'a rate that is no number',
      () => attention([0, 5], 2, undefined, Number.NaN),
      /packedAttention: a dropout rate/,
    ],
    [
      'k of another shape',
      () => attention([0, 5], 2, matrix(4, 6)),
      /k has the shape \[4,6\], but q has \[5,6\]/,
    ],
    ['heads that do not divide', () => attention([0, 5], 4), /6 columns cannot be divided among 4 heads/],
    ['no head', () => attention([0, 5], 0), /among 0 heads/],
    ['half a head', () => attention([0, 5], 1.5), /among 1.5 heads/],
    ['no offsets', () => attention([]), /offsets must be an Int32Array from 0 to the number of tokens, 5/],
    ['offsets that end early', () => attention([0, 4]), /from 0 to the number of tokens, 5/],
    ['offsets that begin late', () => attention([1, 5]), /from 0 to/],
    ['offsets that decrease', () => attention([0, 4, 3, 5]), /must not decrease, as from 4 to 3/],
    ['offsets that lead outside', () => attention([0, 9, 5]), /must not decrease, as from 9 to 5/],
  ])('refuses %s', (_what, run, message) => {
    tf.tidy(() => {
      expect(run).toThrow(KernelInputError);
      expect(run).toThrow(message);
    });
  });
});
