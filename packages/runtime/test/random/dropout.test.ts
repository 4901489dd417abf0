import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countTensors, dropout, NO_GROWTH, randomStreams } from '../../src/index.js';

const stream = (seed = 1) => randomStreams(seed).stream('dropout');

describe('dropout', () => {
  it('zeroes where the stream says so and scales the rest', () => {
    const uniform = stream().floats(1000);
    const dropped = dropout(tf.fill([10, 100], 3), 0.25, stream());
    const expected = [...uniform].map((u) => (u >= 0.25 ? Math.fround(3 * Math.fround(1 / 0.75)) : 0));
    expect([...dropped.dataSync()]).toEqual(expected);
  });

  it('lets the gradient through where the value went through', () => {
    const x = tf.tensor1d(stream(2).floats(500));
    const dy = tf.tensor1d(stream(3).floats(500));
    const y = dropout(x, 0.4, stream(4));
    const dx = tf.grad((input) => dropout(input, 0.4, stream(4)))(x, dy);
    const scale = Math.fround(1 / 0.6);
    const [kept, upstream] = [y.dataSync(), dy.dataSync()];
    expect([...dx.dataSync()]).toEqual(
      [...upstream].map((value, i) => (kept[i] === 0 ? 0 : Math.fround(value * scale))),
    );
  });

  it('draws once for each call, and not at all at rate 0', () => {
    const s = stream(5);
    tf.dispose([dropout(tf.ones([4]), 0, s), dropout(tf.ones([4]), 0.5, s), dropout(tf.ones([4]), 0.5, s)]);
    expect(s.state()).toEqual({ counter: 2 });
  });

  it('leaves nothing behind', async () => {
    const s = stream(6);
    const x = tf.ones([16]);
    const step = () => tf.tidy(() => void tf.grad((input: tf.Tensor) => tf.sum(dropout(input, 0.3, s)))(x));
    step();
    expect(await countTensors(() => Array.from({ length: 20 }, step))).toEqual(NO_GROWTH);
    x.dispose();
  });

  it.each([-0.1, 1, Number.NaN])('refuses rate %d', (rate) => {
    expect(() => dropout(tf.scalar(1), rate, stream())).toThrow(RangeError);
  });
});
