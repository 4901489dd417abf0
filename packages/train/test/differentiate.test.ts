import { memory } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { variableGradients } from '../src/fit/differentiate.js';

const SIZE = 1000;

/** The peak of live tensors while ops run, as seen by a layer's backward pass. */
let live: number[] = [];
const probe = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy) => {
    live.push(memory().tensors);
    return tf.clone(dy as tf.Tensor);
  },
}));

/** A gradient function that returns the gradient of its output itself. */
const handsOn = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy) => dy as tf.Tensor,
}));

const made: tf.Variable[] = [];
const variable = (value: number): tf.Variable => {
  const one = tf.variable(tf.fill([SIZE], value));
  made.push(one);
  return one;
};

afterEach(() => {
  tf.dispose(made.splice(0));
  live = [];
});

/** Both ways of differentiating, as values. */
async function both(f: () => tf.Scalar, variables: tf.Variable[]): Promise<[number[][], number[][]]> {
  const read = async (grads: tf.NamedTensorMap) =>
    Promise.all(variables.map(async ({ name }) => [...(await grads[name].data())]));
  const ours = variableGradients(f, variables);
  const theirs = tf.variableGrads(f, variables);
  const values = [await read(ours.grads), await read(theirs.grads)] as [number[][], number[][]];
  tf.dispose([ours, theirs] as never);
  return values;
}

describe('variableGradients', () => {
  it('gives the gradients of tf.variableGrads', async () => {
    const [a, b] = [variable(0.5), variable(-0.25)];
    const shared = () => {
      const x = tf.tanh(tf.mul(a, b));
      const y = handsOn(tf.add(x, tf.square(x))); // x is used three times, and a gradient is handed on as it is
      return tf.sum(tf.add(tf.mul(y, x), handsOn(handsOn(a)))) as tf.Scalar;
    };
    const [ours, theirs] = await both(shared, [a, b]);
    expect(ours).toEqual(theirs);
  });

  it('gives them where one gradient goes to a variable and on to an op', async () => {
    const a = variable(2);
    const twice = tf.customGrad((x, y) => ({
      value: tf.add(x as tf.Tensor, y as tf.Tensor),
      gradFunc: (dy) => [dy as tf.Tensor, dy as tf.Tensor],
    }));
    const [ours, theirs] = await both(() => tf.sum(twice(a, tf.square(a))) as tf.Scalar, [a]);
    expect(ours).toEqual(theirs);
    expect(ours[0][0]).toBe(5);
  });

  it('frees the activations and gradients of an op once its inputs have theirs', () => {
    const a = variable(0.5);
    const layers = 20;
    const deep = () => {
      let x: tf.Tensor = a;
      for (let i = 0; i < layers; i++) x = probe(tf.tanh(x));
      return tf.sum(x) as tf.Scalar;
    };
    const { value, grads } = variableGradients(deep, [a]);
    tf.dispose([value, grads] as never);
    expect(live).toHaveLength(layers);
    expect(live[layers - 1]).toBeLessThan(live[0] + 4); // with tf.variableGrads it grows by each layer
  });

  it('leaves a nested gradient alone', async () => {
    const a = variable(3);
    const cubed = (x: tf.Tensor) => tf.sum(tf.mul(x, tf.square(x))) as tf.Scalar;
    const [ours, theirs] = await both(() => tf.sum(tf.grad(cubed)(a)) as tf.Scalar, [a]);
    expect(ours).toEqual(theirs);
    expect(ours[0][0]).toBeCloseTo(18, 4);
  });
});
