import { dropout as dropoutOfRuntime, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { implementations } from './support/implementations.js';
import { normal } from './support/tensors.js';

const RATE = 0.4;
const stream = () => randomStreams(5).stream('dropout').at(7);

/** The mask of one draw of that shape: 1 where an element is kept. */
const drawnMask = (shape: number[]) =>
  tf.tidy(() => Array.from(dropoutOfRuntime(tf.ones(shape), RATE, stream()).dataSync(), (v) => +(v !== 0)));

describe.each(implementations)('dropout masks, %s', (_, { dropout, layerNorm, packedAttention }) => {
  it('of dropout are those of one draw, forward and backward', () => {
    tf.tidy(() => {
      const f = (x: tf.Tensor) => dropout(x, { rate: RATE, stream: stream() });
      const { value, grad } = tf.valueAndGrad(f)(tf.ones([23, 7]));
      for (const result of [value, grad])
        expect(Array.from(result.dataSync(), (v) => +(v !== 0))).toEqual(drawnMask([23, 7]));
    });
  });

  it('of layerNorm are those of one draw, forward and backward', () => {
    tf.tidy(() => {
      // Two columns, of which the residual keeps the second far below: y is 1 where x is kept in the first column alone.
      const [gamma, beta] = [tf.ones([2]), tf.zeros([2])] as tf.Tensor1D[];
      const x = tf.tensor2d(
        Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 8 : 1)),
        [30, 2],
      );
      const residual = tf.tensor2d(
        Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 0 : 5)),
        [30, 2],
      );
      const drop = () => ({ rate: RATE, stream: stream() });
      const y = layerNorm(x, gamma, beta, { residual, dropout: drop() });
      const mask = drawnMask([30, 2]);
      const first = y.arraySync().map((row) => +(row[0] > 0));
      expect(first).toEqual(mask.filter((_, i) => i % 2 === 0));
      const dx = tf.grad((x: tf.Tensor) =>
        layerNorm(x as tf.Tensor2D, gamma, beta, { eps: 1, residual, dropout: drop() }),
      )(x, normal('dy', [30, 2]));
      expect(Array.from(dx.dataSync(), (v) => +(v !== 0))).toEqual(mask);
    });
  });

  it('of attention weights are those of one draw for the whole batch, whatever the lengths', () => {
    tf.tidy(() => {
      // Equal weights, and values that name their key: the output tells which keys were kept.
      const lengths = [2, 5, 1, 5, 3];
      const longest = 5;
      const offsets = Int32Array.of(0, 2, 7, 8, 13, 16);
      const zeros = tf.zeros([16, 10]) as tf.Tensor2D;
      const v = tf.buffer([16, 10]);
      for (const [s, length] of lengths.entries())
        for (let key = 0; key < length; key++)
          for (const head of [0, 5]) v.set(1, offsets[s] + key, head + key);
      const out = packedAttention(zeros, zeros, v.toTensor() as tf.Tensor2D, offsets, {
        heads: 2,
        dropout: { rate: RATE, stream: stream() },
      }).arraySync();
      const mask = drawnMask([lengths.length, 2, longest, longest]);
      for (const [s, length] of lengths.entries()) {
        for (const head of [0, 1]) {
          for (let query = 0; query < length; query++) {
            const row = out[offsets[s] + query].slice(head * 5, head * 5 + length);
            const at = ((s * 2 + head) * longest + query) * longest;
            expect(row.map((weight) => +(weight !== 0))).toEqual(mask.slice(at, at + length));
          }
        }
      }
    });
  });

  it('take one draw from the stream for each op', () => {
    tf.tidy(() => {
      const drop = { rate: RATE, stream: stream() };
      const x = normal<tf.Tensor2D>('x', [6, 4]);
      const [gamma, beta] = [tf.ones([4]), tf.zeros([4])] as tf.Tensor1D[];
      dropout(x, drop);
      layerNorm(x, gamma, beta, { dropout: drop });
      packedAttention(x, x, x, Int32Array.of(0, 1, 3, 6), { heads: 2, dropout: drop });
      expect(drop.stream.state()).toEqual({ counter: 3 });
    });
  });
});
