import type * as tf from '@tensorflow/tfjs-core';

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

/**
 * Runs one layer over a whole sequence, from a state of zeros, differentiable in everything it is given.
 *
 * @param x [time, batch, input]
 * @returns [time + 1, batch, hidden]: the hidden state at each time, then the last cell state. One tensor, because
 *   `tf.customGrad` takes one; {@link hiddenStates} and {@link lastCell} take it apart.
 */
export type LayerFunction = (x: tf.Tensor3D, weights: LayerWeights) => tf.Tensor3D;
