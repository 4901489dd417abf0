import * as tf from '@tensorflow/tfjs-core';

/** @param states what a layer function returned, [time + 1, batch, hidden] @returns [time, batch, hidden] */
export function hiddenStates(states: tf.Tensor3D): tf.Tensor3D {
  const [length, batch, hidden] = states.shape;
  return tf.slice3d(states, [0, 0, 0], [length - 1, batch, hidden]);
}

/** @param states what a layer function returned, [time + 1, batch, hidden] @returns `h_n` [batch, hidden] */
export function lastHidden(states: tf.Tensor3D): tf.Tensor2D {
  return stateAt(states, states.shape[0] - 2);
}

/** @param states what a layer function returned, [time + 1, batch, hidden] @returns `c_n` [batch, hidden] */
export function lastCell(states: tf.Tensor3D): tf.Tensor2D {
  return stateAt(states, states.shape[0] - 1);
}

function stateAt(states: tf.Tensor3D, index: number): tf.Tensor2D {
  const [, batch, hidden] = states.shape;
  return tf.reshape(tf.slice3d(states, [index, 0, 0], [1, batch, hidden]), [batch, hidden]);
}
