import { randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { geluTanh, linear, relu } from '../src/index.js';
import { implementations } from './support/implementations.js';
import { normal, withGradients } from './support/tensors.js';

/** These take variables; tensors do as well. */
const asVariable = (x: tf.Tensor) => Object.assign(x, { trainable: true }) as unknown as tf.Variable;

/** Values and gradients of `after(x weightᵀ + bias)`, with the bias added by the linear layer and by the op after it. */
function compare(after: (product: tf.Tensor2D, bias: tf.Tensor1D | null) => tf.Tensor) {
  const inputs = [normal('x', [150, 6]), normal('weight', [33, 6]), normal('bias', [33])];
  const dy = normal('dy', [150, 33]);
  const separate = (...[x, weight, bias]: tf.Tensor[]) =>
    after(linear(x as tf.Tensor2D, asVariable(weight), asVariable(bias)), null);
  const together = (...[x, weight, bias]: tf.Tensor[]) =>
    after(linear(x as tf.Tensor2D, asVariable(weight)), bias as tf.Tensor1D);
  const expected = withGradients(separate, inputs, dy);
  const actual = withGradients(together, inputs, dy);
  expect(actual).toEqual(expected);
  tf.dispose([inputs, dy]);
}

describe.each(implementations)(
  'the bias of a linear layer, added by the op after it, %s',
  (_, { gelu, layerNorm }) => {
    it('gives the same bits: gelu', () => {
      compare((product, bias) => gelu(product, bias));
    });

    it('gives the same bits: layerNorm', () => {
      const [gamma, beta] = [normal<tf.Tensor1D>('gamma', [33]), normal<tf.Tensor1D>('beta', [33])];
      const residual = normal<tf.Tensor2D>('residual', [150, 33]);
      for (const rate of [0, 0.2]) {
        compare((product, bias) => {
          const dropout = { rate, stream: randomStreams(4).stream('dropout') };
          return layerNorm(product, gamma, beta, { residual, bias, dropout });
        });
      }
      tf.dispose([gamma, beta, residual]);
    });
  },
);

it.each([
  ['geluTanh', geluTanh],
  ['relu', relu],
] as const)('the bias of a linear layer, added by %s, gives the same bits', (_, activation) => {
  compare((product, bias) => activation(product, bias));
});
