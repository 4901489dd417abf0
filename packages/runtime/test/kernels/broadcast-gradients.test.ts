import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { randomStreams } from '../../src/index.js';

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** The gradients of the weighted sum of `op`, with operands repeated by `expand` where the op would broadcast them. */
function gradients(op: Binary, shapes: [number[], number[]], expand: Binary | null): tf.Tensor[] {
  const random = randomStreams(1).stream('data');
  return tf.tidy(() => {
    const [a, b] = shapes.map((shape) => random.uniform(shape, -1, 1)) as [tf.Tensor, tf.Tensor];
    const full = expand ?? op;
    const weights = random.uniform(op(a, b).shape, -1, 1);
    return tf.grads((x, y) => tf.sum(tf.mul(full(x, y), weights)))([a, b]);
  });
}

const matMul: Binary = (a, b) => tf.matMul(a, b);

describe('gradients of broadcast operands equal those of operands that were repeated first', () => {
  it.each<[string, Binary, Binary, [number[], number[]]]>([
    [
      'matMul, one matrix for a batch',
      matMul,
      (a, b) => tf.matMul(a, tf.tile(tf.reshape(b, [1, 4, 5]), [2, 1, 1])),
      [
        [2, 3, 4],
        [4, 5],
      ],
    ],
    [
      'matMul, one batch of several',
      matMul,
      (a, b) => tf.matMul(tf.tile(a, [3, 1, 1]), b),
      [
        [1, 2, 4],
        [3, 4, 5],
      ],
    ],
    [
      'squaredDifference',
      tf.squaredDifference as Binary,
      (a, b) => tf.square(tf.sub(a, b)),
      [
        [2, 3, 4],
        [3, 1],
      ],
    ],
  ])('%s', (_, op, repeated, shapes) => {
    const [ours, expected] = [gradients(op, shapes, null), gradients(op, shapes, repeated)];
    for (const [i, gradient] of ours.entries()) {
      expect(gradient.shape).toEqual(shapes[i]);
      allClose(gradient.dataSync(), expected[i]!.dataSync());
    }
    tf.dispose([ours, expected]);
  });
});
