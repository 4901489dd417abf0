import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiableList } from './differentiable.js';
import type { DropoutOptions } from './dropout.js';
import { checkDropout, composedDropout, dropoutInputs } from './dropout.js';
import { expectInput } from './errors.js';
import { usesFusedOps } from './state.js';
import { inDType, noTensor } from './storage.js';

/** Weights of one layer in the layout of `torch.nn.LSTM`: rows in the gate order input, forget, cell, output. */
export interface LstmLayerWeights {
  /** `weight_ih` [4 * hidden, input]; the input of an upper layer is the hidden state of the one below */
  readonly inputKernel: tf.Tensor2D;
  /** `weight_hh` [4 * hidden, hidden] */
  readonly recurrentKernel: tf.Tensor2D;
  /** `bias_ih` [4 * hidden] */
  readonly inputBias: tf.Tensor1D;
  /** `bias_hh` [4 * hidden] */
  readonly recurrentBias: tf.Tensor1D;
}

/** Result of {@link lstm}. */
export interface LstmStates {
  /** Hidden states of the last layer, [batch, time, hidden]. */
  readonly output: tf.Tensor3D;
  /** Last hidden state of each layer, [batch, hidden]. */
  readonly hidden: tf.Tensor2D[];
  /** Last cell state of each layer, [batch, hidden]. */
  readonly cell: tf.Tensor2D[];
}

/**
 * Layers of an LSTM over sequences of one length, from a state of zeros, as `torch.nn.LSTM` with `batch_first`. Differentiable. On
 * native TensorFlow all layers and time steps are one op forward and one backward, in float32.
 *
 * @param x [batch, time, input]
 * @param dropout of the hidden states between layers; each boundary is one draw over [time, batch, hidden]. null for none
 * @throws KernelInputError if shapes do not match
 * @see Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735
 */
export function lstm(
  x: tf.Tensor3D,
  layers: readonly LstmLayerWeights[],
  dropout: DropoutOptions | null = null,
): LstmStates {
  check(x, layers, dropout);
  return usesFusedOps() ? fusedLstm(x, layers, dropout) : composedLstm(x, layers, dropout);
}

const WEIGHTS = ['inputKernel', 'recurrentKernel', 'inputBias', 'recurrentBias'] as const;

function fusedLstm(
  x: tf.Tensor3D,
  layers: readonly LstmLayerWeights[],
  dropout: DropoutOptions | null,
): LstmStates {
  const count = layers.length;
  const states = tf.tidy(() => {
    const saves = tf.engine().isTapeOn();
    const weights = layers.flatMap((layer) => WEIGHTS.map((name) => inDType(layer[name], 'float32')));
    const draws = layers.slice(1).map(() => dropoutInputs(dropout));
    const seeds = draws.filter(({ seed }) => seed.size > 0).map(({ seed }) => seed);
    const attrs = {
      L: attr.int(count),
      S: attr.int(seeds.length),
      N: attr.int(weights.length),
      ...(seeds.length > 0 ? draws[0].attrs : {}),
    };
    const input = inDType(x, 'float32');
    return differentiableList({
      inputs: { x: input, ...Object.fromEntries(weights.map((weight, i) => [`weight ${i}`, weight])) },
      forward: (save) => {
        const results = rawOp(
          'FinLstm',
          [input, ...seeds, ...weights],
          { ...attrs, save: attr.bool(saves) },
          2 + 2 * count,
        );
        save([...results.slice(-1), ...seeds, ...weights.filter((_, i) => i % WEIGHTS.length < 2)]);
        return results.slice(0, -1);
      },
      gradients: (dys, saved) => {
        // An absent gradient of the output is a tensor without columns, which tells the other sizes.
        const none = (i: number) => (i === 0 ? tf.zeros([x.shape[0], x.shape[1], 0]) : noTensor('float32'));
        const given = dys.map((dy, i) => dy ?? none(i));
        const run = (inputGrad: boolean) =>
          rawOp(
            'FinLstmGrad',
            [...given, ...saved],
            { ...attrs, M: attr.int(2 * count), input_grad: attr.bool(inputGrad) },
            1 + weights.length,
          );
        const [, ...gradients] = run(false);
        return {
          // Windows of data need no gradient, so only who asks pays for it.
          x: () => run(true)[0],
          ...Object.fromEntries(gradients.map((gradient, i) => [`weight ${i}`, () => gradient])),
        };
      },
    });
  });
  const [output, ...rest] = states as [tf.Tensor3D, ...tf.Tensor2D[]];
  return { output, hidden: rest.slice(0, count), cell: rest.slice(count) };
}

/** Composed twin of {@link lstm}, differentiated by tfjs. */
export function composedLstm(
  x: tf.Tensor3D,
  layers: readonly LstmLayerWeights[],
  dropout: DropoutOptions | null = null,
): LstmStates {
  check(x, layers, dropout);
  return tf.tidy(() => {
    const hidden: tf.Tensor2D[] = [];
    const cell: tf.Tensor2D[] = [];
    let sequence = tf.transpose(x, [1, 0, 2]); // [time, batch, input]
    for (const [i, layer] of layers.entries()) {
      if (i > 0 && dropout) sequence = composedDropout(sequence, dropout);
      const [time, batch, size] = sequence.shape;
      const zeros = tf.zeros([batch, layer.recurrentKernel.shape[1]]) as tf.Tensor2D;
      const states: Step[] = [];
      for (let t = 0; t < time; t++) {
        const input = tf.reshape(tf.slice(sequence, [t, 0, 0], [1, batch, size]), [batch, size]);
        states.push(step(input as tf.Tensor2D, states[t - 1] ?? { hidden: zeros, cell: zeros }, layer));
      }
      sequence = tf.stack(states.map((state) => state.hidden)) as tf.Tensor3D;
      hidden.push(states[states.length - 1].hidden);
      cell.push(states[states.length - 1].cell);
    }
    return { output: tf.transpose(sequence, [1, 0, 2]), hidden, cell } as never;
  }) as LstmStates;
}

interface Step {
  readonly hidden: tf.Tensor2D;
  readonly cell: tf.Tensor2D;
}

function step(x: tf.Tensor2D, before: Step, layer: LstmLayerWeights): Step {
  const sums = tf.addN([
    tf.matMul(x, layer.inputKernel, false, true),
    tf.matMul(before.hidden, layer.recurrentKernel, false, true),
  ]);
  const bias = tf.add(layer.inputBias, layer.recurrentBias);
  const [input, forget, candidate, output] = tf.split(tf.add(sums, bias), 4, 1);
  const kept = tf.mul(tf.sigmoid(forget), before.cell);
  const cell = tf.add<tf.Tensor2D>(kept, tf.mul(tf.sigmoid(input), tf.tanh(candidate)));
  return { hidden: tf.mul(tf.sigmoid(output), tf.tanh(cell)), cell };
}

function check(x: tf.Tensor3D, layers: readonly LstmLayerWeights[], dropout: DropoutOptions | null): void {
  checkDropout('lstm', dropout);
  expectInput(
    x.rank === 3 && x.shape[1] > 0 && layers.length > 0,
    () =>
      `lstm: x has the shape [${x.shape}] where [batch, time, input] with at least one time step is needed`,
  );
  const hidden = layers[0].recurrentKernel.shape[1];
  for (const [i, layer] of layers.entries()) {
    const rows = 4 * hidden;
    const wanted = [[rows, i === 0 ? x.shape[2] : hidden], [rows, hidden], [rows], [rows]];
    for (const [k, name] of WEIGHTS.entries()) {
      expectInput(
        tf.util.arraysEqual(layer[name].shape, wanted[k]),
        () =>
          `lstm: ${name} of layer ${i} has the shape [${layer[name].shape}] where [${wanted[k]}] is needed`,
      );
    }
  }
}
