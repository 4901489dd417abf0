import { randomStreams, dropout as runtimeDropout } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { implementations } from './support/implementations.js';
import { normal, withGradients } from './support/tensors.js';

const stream = () => randomStreams(3).stream('dropout');

describe.each(implementations)('dropout, %s', (_, { dropout }) => {
  it.each([
    [[0], 0.5],
    [[1], 0.5],
    [[3, 5], 0.1],
    [[7, 11, 13], 0.9],
    [[50_001], 0.1],
  ])("drops what the runtime's dropout drops, shape %j, rate %f", (shape, rate) => {
    const [x, dy] = [normal('x', shape), normal('dy', shape)];
    const own = withGradients((v) => dropout(v, { rate, stream: stream() }), [x], dy);
    const expected = withGradients((v) => runtimeDropout(v, rate, stream()), [x], dy);
    expect(own).toEqual(expected);
    tf.dispose([x, dy]);
  });

  it('takes one draw of the stream each time', () => {
    tf.tidy(() => {
      const [own, other] = [stream(), stream()];
      const x = tf.ones([100]);
      for (let i = 0; i < 3; i++) {
        expect(dropout(x, { rate: 0.5, stream: own }).dataSync()).toEqual(
          runtimeDropout(x, 0.5, other).dataSync(),
        );
      }
      expect(own.state()).toEqual(other.state());
      expect(dropout(x, { rate: 0, stream: own }).dataSync()).toEqual(x.dataSync());
      expect(own.state()).toEqual(other.state());
    });
  });
});
