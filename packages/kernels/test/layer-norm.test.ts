import { dropout, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { implementations } from './support/implementations.js';
import * as reference from './support/reference.js';
import { normal, read, withGradients } from './support/tensors.js';

/** Rows are normalised to 1; sums run over up to a thousand numbers. */
const tolerance = { rtol: 1e-5, atol: 5e-6 };

const shapes = [
  [0, 5],
  [1, 1],
  [1, 16],
  [3, 17],
  [5, 387],
  [40, 64],
  [70, 33],
  [1100, 8],
] as const;
const stream = () => randomStreams(2).stream('dropout');

describe.each(implementations)('layerNorm, %s', (_, { layerNorm }) => {
  it.each(shapes)('equals double precision, [%i, %i]', (rows, cols) => {
    const [x, gamma, beta] = [normal('x', [rows, cols], 3), normal('gamma', [cols]), normal('beta', [cols])];
    const dy = normal('dy', [rows, cols]);
    const f = (...[x, gamma, beta]: tf.Tensor[]) =>
      layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, { eps: 1e-3 });
    const { value, gradients } = withGradients(f, [x, gamma, beta], dy);
    const z = { rows, cols, data: x.dataSync() };
    const expected = reference.layerNorm(z, gamma.dataSync(), beta.dataSync(), 1e-3, dy.dataSync());
    allClose(value, expected.y, tolerance);
    allClose(gradients[0], expected.dz, tolerance);
    allClose(gradients[1], expected.dgamma, { rtol: 1e-5, atol: 1e-6 * (rows + 10) });
    allClose(gradients[2], expected.dbeta, { rtol: 1e-5, atol: 1e-6 * (rows + 10) });
    tf.dispose([x, gamma, beta, dy]);
  });

  it.each([
    [40, 64, 0.1],
    [3, 17, 0.5],
    [70, 33, 0.1],
    [33, 96, 0],
  ])('takes bias, dropout and residual before it, [%i, %i], rate %f', (rows, cols, rate) => {
    const inputs = [normal('x', [rows, cols]), normal('gamma', [cols]), normal('beta', [cols])];
    inputs.push(normal('residual', [rows, cols]), normal('bias', [cols]));
    const dy = normal('dy', [rows, cols]);
    const f = (...[x, gamma, beta, residual, bias]: tf.Tensor[]) =>
      layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
        eps: 1e-12,
        residual: residual as tf.Tensor2D,
        bias: bias as tf.Tensor1D,
        dropout: { rate, stream: stream() },
      });
    const { value, gradients } = withGradients(f, inputs, dy);
    const [x, gamma, beta, residual, bias] = inputs.map((input) => input.dataSync());
    const [kept] = read(tf.tidy(() => dropout(tf.ones([rows, cols]), rate, stream())));
    const z = kept.map((factor, i) => factor * (x[i] + bias[i % cols]) + residual[i]);
    const expected = reference.layerNorm({ rows, cols, data: z }, gamma, beta, 1e-12, dy.dataSync());
    const dx = expected.dz.map((element, i) => element * kept[i]);
    const dbias = new Float64Array(cols);
    for (const [i, element] of dx.entries()) dbias[i % cols] += element;
    allClose(value, expected.y, tolerance);
    const expectedGradients = [dx, expected.dgamma, expected.dbeta, expected.dz, dbias];
    for (const [i, gradient] of gradients.entries())
      allClose(gradient, expectedGradients[i], { rtol: 1e-5, atol: 3e-5 });
    tf.dispose([inputs, dy]);
  });

  it('gives gradients to the variables that are asked for, frozen or not', () => {
    const cols = 8;
    const x = normal<tf.Tensor2D>('x', [5, cols]);
    const variable = (name: string, trainable: boolean) =>
      tf.variable(normal<tf.Tensor1D>(name, [cols]), trainable);
    const [gamma, beta, bias] = [variable('gamma', false), variable('beta', true), variable('bias', false)];
    const loss = () => tf.sum(tf.square(layerNorm(x, gamma, beta, { bias }))) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, [beta]);
    expect(Object.keys(grads)).toEqual([beta.name]);
    const all = tf.grads((g, b, c) =>
      tf.sum(tf.square(layerNorm(x, g as tf.Tensor1D, b as tf.Tensor1D, { bias: c as tf.Tensor1D }))),
    );
    const gradients = all([gamma, beta, bias]);
    const copies = [gamma, beta, bias].map((frozen) => tf.tidy(() => tf.clone(frozen)));
    const expected = all(copies);
    for (const [i, gradient] of gradients.entries()) allClose(gradient.dataSync(), expected[i].dataSync());
    allClose(grads[beta.name].dataSync(), expected[1].dataSync());
    tf.dispose([x, gamma, beta, bias, value, grads, gradients, copies, expected]);
  });
});
