import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { composed, linear, relu, selectRows } from '../src/index.js';

const { gelu, layerNorm } = composed;

const geluDerived = (x: tf.Tensor) => tf.mul(x, tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5));
const layerNormDerived = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, eps: number) => {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const variance = tf.mean(tf.square(centred), 1, true); // [rows, 1]
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, eps))), gamma), beta);
};

const draw = (shape: number[], seed = 1) => randomStreams(seed).stream('data').normal(shape);
const dy = (shape: number[]) => draw(shape, 99);

/** Values and gradients of both, with regard to all of `args`. */
function compare(
  actual: (...x: tf.Tensor[]) => tf.Tensor,
  expected: (...x: tf.Tensor[]) => tf.Tensor,
  args: tf.Tensor[],
) {
  const shape = expected(...args).shape;
  const [a, e] = [actual, expected].map((f) => tf.valueAndGrads(f)(args, dy(shape)));
  allClose(a.value.dataSync(), e.value.dataSync());
  for (const [i, grad] of a.grads.entries()) {
    allClose(grad.dataSync(), e.grads[i].dataSync(), { rtol: 1e-4, atol: 1e-5 });
  }
}

/** These take variables; tensors do as well. */
const asVariable = (x: tf.Tensor) => Object.assign(x, { trainable: true }) as unknown as tf.Variable;

describe('hand-written gradients equal those that tfjs derives', () => {
  it('gelu', () => {
    tf.tidy(() => compare((x) => gelu(x), geluDerived, [draw([5, 7])]));
  });

  it('gelu far from zero', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([-30, -6, -1e-7, 0, 1e-7, 6, 30]);
      allClose(gelu(x).dataSync(), [0, -5.9e-9, -5e-8, 0, 5e-8, 6, 30], { rtol: 1e-5, atol: 1e-6 });
      const slope = tf
        .grad((at: tf.Tensor) => gelu(at))(x)
        .dataSync();
      allClose(slope, [0, 0, 0.5, 0.5, 0.5, 1, 1], { atol: 1e-6 });
    });
  });

  it('layerNorm', () => {
    tf.tidy(() =>
      compare(
        (x, w, b) => layerNorm(x as tf.Tensor2D, w as tf.Tensor1D, b as tf.Tensor1D, { eps: 1e-5 }),
        (x, w, b) => layerNormDerived(x, w, b, 1e-5),
        [draw([6, 9]), draw([9], 2), draw([9], 3)],
      ),
    );
  });

  it('linear', () => {
    tf.tidy(() =>
      compare(
        (x, w, b) => linear(x as tf.Tensor2D, asVariable(w), asVariable(b)),
        (x, w, b) => tf.add(tf.matMul(x, w, false, true), b),
        [draw([6, 4]), draw([3, 4], 2), draw([3], 3)],
      ),
    );
    tf.tidy(() =>
      compare(
        (x, w) => linear(x as tf.Tensor2D, asVariable(w)),
        (x, w) => tf.matMul(x, w, false, true),
        [draw([6, 4]), draw([3, 4], 2)],
      ),
    );
  });

  it('relu, with a bias', () => {
    tf.tidy(() =>
      compare(
        (x, b) => relu(x, b as tf.Tensor1D),
        (x, b) => tf.relu(tf.add(x, b)),
        [draw([2, 3, 5]), draw([5], 2)],
      ),
    );
  });

  it('selectRows, with rows taken more than once and not at all', () => {
    const rows = () => tf.tensor1d([3, 0, 3, 3, 5], 'int32');
    tf.tidy(() => {
      const expected = (x: tf.Tensor) => tf.gather(x, rows());
      compare((x) => selectRows(x as tf.Tensor2D, rows()), expected, [draw([6, 4])]);
    });
  });

  it('only those that are asked for', () => {
    tf.tidy(() => {
      const [x, w, b] = [draw([6, 4]), draw([3, 4], 2), draw([3], 3)];
      const onlyBias = tf.grad((bias: tf.Tensor) =>
        linear(x as tf.Tensor2D, asVariable(w), asVariable(bias)),
      );
      const before = tf.engine().state.numTensors;
      expect(onlyBias(b).shape).toEqual([3]);
      expect(tf.engine().state.numTensors - before).toBe(1);
    });
  });
});
