import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { LstmLayerWeights, LstmStates } from '../src/index.js';
import { composed, KernelInputError, lstm } from '../src/index.js';
import { fused, implementations } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

afterEach(() => chooseInstructions('', 0));

type Sizes = readonly [batch: number, time: number, input: number, hidden: number, layers: number];

/** Around the sizes of vectors and tiles, and enough examples for several tasks. */
const shapes: readonly Sizes[] = [
  [1, 1, 1, 1, 1],
  [0, 2, 3, 4, 2],
  [5, 3, 6, 7, 2],
  [9, 4, 17, 16, 3],
  [4, 2, 0, 3, 1],
  [33, 5, 2, 33, 2],
  [70, 6, 40, 64, 2],
];

function makeLayers([, , input, hidden, layers]: Sizes): LstmLayerWeights[] {
  return Array.from({ length: layers }, (_, i) => {
    const draw = (name: string, shape: number[]) => tf.variable(normal(`${i} ${name}`, shape, 0.3)) as never;
    return {
      inputKernel: draw('input', [4 * hidden, i === 0 ? input : hidden]),
      recurrentKernel: draw('recurrent', [4 * hidden, hidden]),
      inputBias: draw('input bias', [4 * hidden]),
      recurrentBias: draw('recurrent bias', [4 * hidden]),
    };
  });
}

const variables = (layers: readonly LstmLayerWeights[]) =>
  layers.flatMap((layer) => Object.values(layer)) as tf.Variable[];

const dropout = (rate = 0.3) => ({ rate, stream: randomStreams(8).stream('dropout') });

/** All results, and the gradients of x and all weights for a loss that weighs the used results differently. */
function everything(
  run: typeof lstm,
  sizes: Sizes,
  rate: number,
  used = (_result: number): boolean => true,
): Float32Array[] {
  const [batch, time, input] = sizes;
  const layers = makeLayers(sizes);
  const x = tf.variable(normal('x', [batch, time, input]));
  const results: tf.Tensor[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const states = run(x as never, layers, rate > 0 ? dropout(rate) : null);
    const all = [states.output, ...states.hidden, ...states.cell];
    results.push(...all.map((tensor) => tf.keep(tf.clone(tensor))));
    const parts = all.map((tensor, i) => tf.sum(tf.mul(tensor, normal(`weight ${i}`, tensor.shape))));
    return tf.addN(parts.filter((_, i) => used(i))) as tf.Scalar;
  }, [x, ...variables(layers)]);
  const gradients = [x, ...variables(layers)].map(({ name, shape }) => grads[name] ?? tf.zeros(shape));
  tf.dispose([value, x, ...variables(layers)]);
  return read(...results, ...gradients);
}

describe.runIf(fused)('lstm, fused', () => {
  it.each(shapes.flatMap((sizes) => [0, 0.3].map((rate) => [...sizes, rate] as const)))(
    'equals its composed twin: batch %i, time %i, input %i, hidden %i, %i layers, dropout %d',
    (batch, time, input, hidden, layers, rate) => {
      const sizes: Sizes = [batch, time, input, hidden, layers];
      const expected = everything(composed.lstm, sizes, rate);
      for (const [i, values] of everything(lstm, sizes, rate).entries()) {
        expect(values.length).toBe(expected[i].length);
        const size = expected[i].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        allClose(values, expected[i], { rtol: 1e-5, atol: 2e-6 * Math.max(1, size) });
      }
    },
  );

  it.each([0, 1, 2, 3, 4])('computes gradients of result %i alone', (result) => {
    const run = (implementation: typeof lstm) =>
      everything(implementation, [9, 3, 5, 7, 2], 0, (i) => i === result);
    const expected = run(composed.lstm);
    for (const [i, values] of run(lstm).entries()) allClose(values, expected[i], { rtol: 1e-5, atol: 2e-6 });
  });

  it('gives the same states without a backward pass', () => {
    const sizes: Sizes = [5, 3, 6, 7, 2];
    const layers = makeLayers(sizes);
    const x = normal<tf.Tensor3D>('x', [5, 3, 6]);
    const values = (states: LstmStates) => read(states.output, ...states.hidden, ...states.cell);
    const recorded: Float32Array[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const states = lstm(x, layers, dropout());
      recorded.push(...[states.output, ...states.hidden, ...states.cell].map((t) => t.dataSync() as never));
      return tf.sum(states.output) as tf.Scalar;
    });
    expect(values(lstm(x, layers, dropout()))).toEqual(recorded);
    tf.dispose([value, grads, x, ...variables(layers)]);
  });

  it.each(instructionSets.map((name, i) => [name, [3, 1][i % 2]] as const))(
    'gives the same values but for rounding by %s on %i threads, and the same bits on any number of threads',
    (name, threads) => {
      const sizes: Sizes = [70, 6, 40, 64, 2];
      const usual = everything(lstm, sizes, 0.3);
      chooseInstructions(name, threads);
      const other = everything(lstm, sizes, 0.3);
      for (const [i, values] of other.entries()) allClose(values, usual[i], { rtol: 1e-4, atol: 1e-4 });
      chooseInstructions(name, 8);
      expect(everything(lstm, sizes, 0.3)).toEqual(other);
    },
  );

  it('approximates tanh and the sigmoid everywhere, and passes on what is not a number', () => {
    const inputs = Float32Array.from([
      ...Array.from({ length: 4001 }, (_, i) => (i - 2000) / 100),
      ...[1e-8, -1e-8, 1e-30, 0.6249999, 0.6250001, 100, -100],
    ]);
    // With a candidate of 20 and open gates, the cell is near 1; the output gate is the sigmoid of x.
    const layer = (kernel: number[], bias: number[]): LstmLayerWeights => ({
      inputKernel: tf.tensor2d(kernel, [4, 1]),
      recurrentKernel: tf.zeros([4, 1]),
      inputBias: tf.tensor1d(bias),
      recurrentBias: tf.zeros([4]),
    });
    tf.tidy(() => {
      const x = tf.tensor3d(inputs, [inputs.length, 1, 1]);
      const candidate = lstm(x, [layer([0, 0, 1, 0], [100, 100, 0, 100])]).cell[0].dataSync();
      const gate = lstm(x, [layer([1, 0, 0, 0], [0, 100, 100, 100])]).cell[0].dataSync();
      for (const [i, value] of inputs.entries()) {
        const [tanh, sigmoid] = [Math.tanh(value), 1 / (1 + Math.exp(-value))];
        expect(Math.abs(candidate[i] - tanh)).toBeLessThanOrEqual(3e-7 * Math.abs(tanh));
        expect(Math.abs(gate[i] - sigmoid)).toBeLessThanOrEqual(3e-7 * sigmoid + 1e-37);
      }
      const nan = lstm(tf.tensor3d([Number.NaN], [1, 1, 1]), [layer([1, 1, 1, 1], [0, 0, 0, 0])]);
      expect(nan.output.dataSync()[0]).toBeNaN();
    });
  });
});

describe.each(implementations)('lstm, %s', (_, { lstm }) => {
  it.each<readonly [what: string, run: (layers: LstmLayerWeights[]) => unknown, message: RegExp]>([
    ['no time steps', (layers) => lstm(tf.zeros([2, 0, 3]), layers), /x has the shape \[2,0,3\]/],
    [
      'another input',
      (layers) => lstm(tf.zeros([2, 4, 5]), layers),
      /inputKernel of layer 0 .*\[16,3\] .*\[16,5\]/,
    ],
    ['no layers', () => lstm(tf.zeros([2, 4, 5]), []), /lstm/],
    ['a dropout rate of 1', (layers) => lstm(tf.zeros([2, 4, 3]), layers, dropout(1)), /dropout rate/],
  ])('refuses %s', (_, run, message) => {
    const layers = makeLayers([2, 4, 3, 4, 2]);
    tf.tidy(() => {
      expect(() => run(layers)).toThrow(KernelInputError);
      expect(() => run(layers)).toThrow(message);
    });
    tf.dispose(variables(layers));
  });
});
