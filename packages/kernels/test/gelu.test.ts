import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { implementations } from './support/implementations.js';
import * as reference from './support/reference.js';
import { normal, withGradients } from './support/tensors.js';

/** Of float32; tfjs's own erf has an absolute error of 1.5e-7. */
const tolerance = { rtol: 2e-6, atol: 1e-6 };

const shapes = [[0, 5], [4, 0], [1, 1], [1], [7], [3, 17], [5, 387], [2, 3, 33], [64, 16], [70, 20]];

describe.each(implementations)('gelu, %s', (_, { gelu }) => {
  it.each(shapes.map((shape) => [shape] as const))('equals double precision, shape %j', (shape) => {
    const [x, dy] = [normal('x', [...shape], 2), normal('dy', [...shape])];
    const { value, gradients } = withGradients((v) => gelu(v), [x], dy);
    const [xs, dys] = [x.dataSync(), dy.dataSync()];
    allClose(value, Array.from(xs, reference.gelu), tolerance);
    allClose(
      gradients[0],
      Array.from(xs, (v, i) => dys[i] * reference.geluSlope(v)),
      tolerance,
    );
    tf.dispose([x, dy]);
  });

  it.each(shapes.filter((shape) => shape.at(-1) !== 0).map((shape) => [shape] as const))(
    'adds a bias and sums its gradient, shape %j',
    (shape) => {
      const cols = shape.at(-1) as number;
      const [x, bias, dy] = [normal('x', [...shape]), normal('bias', [cols]), normal('dy', [...shape])];
      const { value, gradients } = withGradients((v, b) => gelu(v, b as tf.Tensor1D), [x, bias], dy);
      const [xs, biases, dys] = [x.dataSync(), bias.dataSync(), dy.dataSync()];
      const v = Array.from(xs, (element, i) => Math.fround(element + biases[i % cols]));
      const dx = v.map((element, i) => dys[i] * reference.geluSlope(element));
      const dbias = new Float64Array(cols);
      for (const [i, element] of dx.entries()) dbias[i % cols] += element;
      allClose(value, v.map(reference.gelu), tolerance);
      allClose(gradients[0], dx, tolerance);
      allClose(gradients[1], dbias, { rtol: 2e-6, atol: 4e-6 });
      tf.dispose([x, bias, dy]);
    },
  );

  it('passes on what is not a number', () => {
    tf.tidy(() => {
      const y = gelu(tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, 1])).dataSync();
      expect(y[0]).toBeNaN();
      expect(y[1]).toBe(Number.POSITIVE_INFINITY);
      expect(y[2]).toBeCloseTo(0.841345, 6);
    });
  });
});
