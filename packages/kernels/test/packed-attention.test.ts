import { dropout, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { implementations } from './support/implementations.js';
import * as reference from './support/reference.js';
import { normal, read, withGradients } from './support/tensors.js';

/** Weighted means of normal numbers, and their products with others. */
const tolerance = { rtol: 1e-5, atol: 5e-6 };

const stream = () => randomStreams(2).stream('dropout');

/** Lengths of the sequences, heads, columns of a head. */
const cases: readonly (readonly [lengths: number[], heads: number, headDim: number])[] = [
  [[], 2, 4],
  [[0], 2, 4],
  [[1], 1, 1],
  [[1, 1, 3], 2, 5],
  [[4, 0, 7, 0, 0, 2], 3, 12],
  [[17, 16, 15, 33], 2, 32],
  [[22, 23], 3, 64],
  [[5], 1, 70],
  [[101, 2], 1, 24],
];

const offsetsOf = (lengths: readonly number[]) => {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i] + length;
  return offsets;
};

describe.each(implementations)('packedAttention, %s', (_, { packedAttention }) => {
  it.each(cases)('equals double precision, lengths %j, %i heads of %i', (lengths, heads, headDim) => {
    const offsets = offsetsOf(lengths);
    const [tokens, hidden] = [offsets[lengths.length], heads * headDim];
    const [q, k, v, dout] = ['q', 'k', 'v', 'dout'].map((name) =>
      normal<tf.Tensor2D>(name, [tokens, hidden]),
    );
    const f = (...[q, k, v]: tf.Tensor[]) =>
      packedAttention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, offsets, { heads });
    const { value, gradients } = withGradients(f, [q, k, v], dout);
    const values = [q, k, v, dout].map((x) => x.dataSync());
    const expected = reference.packedAttention(values, offsets, hidden, {
      heads,
      scale: 1 / Math.sqrt(headDim),
    });
    allClose(value, expected.out, tolerance);
    allClose(gradients[0], expected.dq, tolerance);
    allClose(gradients[1], expected.dk, tolerance);
    allClose(gradients[2], expected.dv, tolerance);
    tf.dispose([q, k, v, dout]);
  });

  it.each([
    [[5, 0, 9], 2, 6, 0.4],
    [[50, 49], 1, 32, 0.1],
  ])('drops weights, lengths %j, %i heads of %i, rate %f', (lengths, heads, headDim, rate) => {
    const offsets = offsetsOf(lengths);
    const [tokens, hidden] = [offsets[lengths.length], heads * headDim];
    const [q, k, v, dout] = ['q', 'k', 'v', 'dout'].map((name) =>
      normal<tf.Tensor2D>(name, [tokens, hidden]),
    );
    const f = (...[q, k, v]: tf.Tensor[]) => {
      const drop = { rate, stream: stream() };
      return packedAttention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, offsets, {
        heads,
        scale: 0.3,
        dropout: drop,
      });
    };
    const { value, gradients } = withGradients(f, [q, k, v], dout);
    const longest = Math.max(...lengths);
    const [factors] = read(
      tf.tidy(() => dropout(tf.ones([lengths.length, heads, longest, longest]), rate, stream())),
    );
    const kept = (s: number, h: number, i: number, j: number) =>
      factors[((s * heads + h) * longest + i) * longest + j];
    const values = [q, k, v, dout].map((x) => x.dataSync());
    const expected = reference.packedAttention(values, offsets, hidden, { heads, scale: 0.3 }, kept);
    allClose(value, expected.out, tolerance);
    for (const [i, name] of (['dq', 'dk', 'dv'] as const).entries())
      allClose(gradients[i], expected[name], tolerance);
    tf.dispose([q, k, v, dout]);
  });

  it('stands scores far apart', () => {
    tf.tidy(() => {
      const q = tf.tensor2d([[300], [-300], [0]]);
      const v = tf.tensor2d([[1], [2], [3]]);
      const out = packedAttention(q, q, v, Int32Array.of(0, 3), { heads: 1 });
      allClose(out.dataSync(), [1, 2, 2]);
      const none = packedAttention(tf.mul(q, Number.NaN), q, v, Int32Array.of(0, 3), { heads: 1 });
      expect(none.dataSync()[0]).toBeNaN();
    });
  });
});
