import type { ProcessGroup } from '@fin/parallel';
import { singleProcess } from '@fin/parallel';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { variableGradients } from '../src/fit/differentiate.js';
import { GradientExchange } from '../src/fit/gradient-exchange.js';

/** Elements of a large parameter, which makes a stretch of its own. */
const LARGE = 2 ** 20;

let lengths: number[] = [];
/** A group of two ranks that contribute the same. */
const twins: ProcessGroup = {
  ...singleProcess,
  worldSize: 2,
  allReduce: async (data) => {
    lengths.push(data.length);
    for (let i = 0; i < data.length; i++) data[i] *= 2;
  },
};

let parameters: tf.Variable[] = [];
beforeEach(() => {
  lengths = [];
  parameters = [LARGE, 3, LARGE, 2].map((size, i) => tf.variable(tf.fill([size], i + 1)));
});
afterEach(() => tf.dispose(parameters));

/** The gradients are the squares' derivatives: 2, 4, 6 and 8. */
const loss = () =>
  parameters
    .map((variable) => tf.sum(tf.square(variable)))
    .reduce((sum, one) => tf.add(sum, one)) as tf.Scalar;

const share = (gradients: tf.NamedTensorMap) => ({ gradients, weight: null, losses: [], parts: 1 });

async function firsts(gradients: tf.NamedTensorMap): Promise<(number | null)[]> {
  const values = parameters.map(async ({ name }) =>
    gradients[name] ? (await gradients[name].data())[0] : null,
  );
  return Promise.all(values);
}

describe('GradientExchange', () => {
  it('sends what is there while the backward pass goes on, in the same stretches as afterwards', async () => {
    const exchange = new GradientExchange(twins, parameters);
    exchange.begin(1, [1]);
    const early: number[] = [];
    const { value, grads } = variableGradients(loss, parameters, (variable, gradient) => {
      exchange.take(variable, gradient);
      early.push(lengths.length);
    });
    expect(early).toEqual([0, 1, 1, 2]); // the last parameter comes first, and is sent with the large one before it
    const { gradients, wishes } = await exchange.sum(share(grads));
    expect(await firsts(gradients)).toEqual([4, 8, 12, 16]);
    expect(wishes).toEqual([2]);
    const during = lengths;
    expect(during).toEqual([LARGE + 2, LARGE + 3, 4 + 2 + 2 + 1]);

    lengths = [];
    exchange.begin(1, [0]);
    const afterwards = await exchange.sum(share(grads));
    expect(await firsts(afterwards.gradients)).toEqual([4, 8, 12, 16]);
    expect(lengths).toEqual(during);
    tf.dispose([value, grads, gradients, afterwards.gradients] as never);
  });

  it('leaves a variable with several uses, whose gradient is a sum, to the end', async () => {
    const exchange = new GradientExchange(twins, parameters);
    exchange.begin(1, []);
    const told: tf.Variable[] = [];
    const twice = () => tf.add(loss(), tf.sum(parameters[3])) as tf.Scalar;
    const { value, grads } = variableGradients(twice, parameters, (variable, gradient) => {
      told.push(variable);
      exchange.take(variable, gradient);
    });
    expect(told).toEqual([parameters[2], parameters[1], parameters[0]]);
    expect(lengths).toEqual([]);
    const { gradients } = await exchange.sum(share(grads));
    expect(await firsts(gradients)).toEqual([4, 8, 12, 18]);
    tf.dispose([value, grads, gradients] as never);
  });

  it('sends zeros for what has no gradient, in the same stretches', async () => {
    const exchange = new GradientExchange(twins, parameters);
    exchange.begin(1, []);
    const { gradients } = await exchange.sum(share({}));
    expect(await firsts(gradients)).toEqual([null, null, null, null]);
    expect(lengths).toEqual([LARGE + 2, LARGE + 3, 4 + 2 + 2]);
  });
});
