import type { RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Weights of one layer in PyTorch's layout: rows in the gate order input, forget, cell, output. */
export interface LayerWeights {
  /** `weight_ih` [4 * hidden, input] */
  readonly inputKernel: tf.Tensor2D;
  /** `weight_hh` [4 * hidden, hidden] */
  readonly recurrentKernel: tf.Tensor2D;
  /** `bias_ih` [4 * hidden] */
  readonly inputBias: tf.Tensor1D;
  /** `bias_hh` [4 * hidden] */
  readonly recurrentBias: tf.Tensor1D;
}

/** The weights of one layer as variables. */
export interface LayerVariables extends LayerWeights {
  readonly inputKernel: tf.Variable<tf.Rank.R2>;
  readonly recurrentKernel: tf.Variable<tf.Rank.R2>;
  readonly inputBias: tf.Variable<tf.Rank.R1>;
  readonly recurrentBias: tf.Variable<tf.Rank.R1>;
}

/**
 * Runs one layer over a whole sequence, from an initial state of zeros. Differentiable in all its inputs.
 *
 * @param x [time, batch, input]
 * @returns `[time + 1, batch, hidden]`: the hidden state at each time, then the last cell state. One tensor, because `tf.customGrad` returns
 *   one; {@link hiddenStates}, {@link lastHidden} and {@link lastCell} split it.
 */
export type LayerFunction = (x: tf.Tensor3D, weights: LayerWeights) => tf.Tensor3D;

/** @param states result of a layer function, [time + 1, batch, hidden] @returns [time, batch, hidden] */
export function hiddenStates(states: tf.Tensor3D): tf.Tensor3D {
  const [length, batch, hidden] = states.shape;
  return tf.slice3d(states, [0, 0, 0], [length - 1, batch, hidden]);
}

/** @param states result of a layer function, [time + 1, batch, hidden] @returns `h_n` [batch, hidden] */
export function lastHidden(states: tf.Tensor3D): tf.Tensor2D {
  return stateAt(states, states.shape[0] - 2);
}

/** @param states result of a layer function, [time + 1, batch, hidden] @returns `c_n` [batch, hidden] */
export function lastCell(states: tf.Tensor3D): tf.Tensor2D {
  return stateAt(states, states.shape[0] - 1);
}

function stateAt(states: tf.Tensor3D, index: number): tf.Tensor2D {
  const [, batch, hidden] = states.shape;
  return tf.reshape(tf.slice3d(states, [index, 0, 0], [1, batch, hidden]), [batch, hidden]);
}

/** Initial weights like those of `torch.nn.LSTM`: uniform within ± 1 / sqrt(hidden), biases included. */
export function makeLayerVariables(
  layer: number,
  inputSize: number,
  hiddenSize: number,
  init: RandomStream,
): LayerVariables {
  const bound = 1 / Math.sqrt(hiddenSize);
  const drawn: tf.Variable[] = [];
  const draw = (name: string, shape: number[]) => {
    drawn.push(parameter(`${name}_l${layer}`, init.uniform(shape, -bound, bound)));
    return drawn[drawn.length - 1];
  };
  const gates = 4 * hiddenSize;
  try {
    return {
      inputKernel: draw('weight_ih', [gates, inputSize]) as tf.Variable<tf.Rank.R2>,
      recurrentKernel: draw('weight_hh', [gates, hiddenSize]) as tf.Variable<tf.Rank.R2>,
      inputBias: draw('bias_ih', [gates]) as tf.Variable<tf.Rank.R1>,
      recurrentBias: draw('bias_hh', [gates]) as tf.Variable<tf.Rank.R1>,
    };
  } catch (error) {
    tf.dispose(drawn); // out of memory, for example
    throw error;
  }
}
