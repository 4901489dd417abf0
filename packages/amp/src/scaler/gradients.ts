import type * as tf from '@tensorflow/tfjs-core';

/** Gradients by the names of their variables, as `tf.variableGrads` returns them, or laid together in a list. */
export type Gradients = Readonly<Record<string, tf.Tensor>> | readonly tf.Tensor[];

/** The tensors of gradients. */
export function gradientTensors(gradients: Gradients): tf.Tensor[] {
  return Object.values(gradients) as tf.Tensor[];
}

/** Gradients of the same form with other tensors. */
export function mapGradients<G extends Gradients>(gradients: G, fn: (gradient: tf.Tensor) => tf.Tensor): G {
  if (Array.isArray(gradients)) return gradients.map(fn) as unknown as G;
  const entries = Object.entries(gradients).map(([name, gradient]) => [name, fn(gradient as tf.Tensor)]);
  return Object.fromEntries(entries) as G;
}
