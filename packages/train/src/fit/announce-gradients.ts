import type * as tf from '@tensorflow/tfjs-core';
import type { TapeNode } from './release-used.js';

/** Called with a variable's gradient while the backward pass goes on. The gradient must be read at once, and stays with the pass. */
export type GradientListener = (variable: tf.Variable, gradient: tf.Tensor) => void;

/**
 * Makes the backward pass from a loss over these ops tell the gradient of each variable that only one op uses as soon as it is computed. That
 * of a variable with several uses is a sum, which is known at the end of the pass alone.
 */
export function announceGradients(
  tape: readonly TapeNode[],
  loss: tf.Tensor,
  variables: readonly tf.Variable[],
  announce: GradientListener,
): void {
  const variableOf = new Map(variables.map((variable) => [variable.id, variable]));
  /** Uses of a tensor on the way to the loss. tfjs records others as well, such as copies that it keeps for the backward pass. */
  const uses = new Map([[loss.id, 1]]);
  for (const { inputs, outputs } of tape.toReversed()) {
    if (!outputs.some(({ id }) => uses.has(id))) continue;
    for (const { id } of Object.values(inputs)) uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  for (const node of tape) {
    const { gradient } = node;
    const final = Object.entries(node.inputs).flatMap(([input, { id }]) => {
      const variable = uses.get(id) === 1 ? variableOf.get(id) : undefined;
      return variable ? [[input, variable] as const] : [];
    });
    if (!gradient || final.length === 0) continue;
    node.gradient = (dys) => {
      const gradients = { ...gradient(dys) };
      for (const [input, variable] of final) {
        const compute = gradients[input];
        if (!compute) continue; // tfjs says which gradient is missing
        gradients[input] = () => {
          const dx = compute();
          announce(variable, dx);
          return dx;
        };
      }
      return gradients;
    };
  }
}
