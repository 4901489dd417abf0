import type * as tf from '@tensorflow/tfjs-core';

/** An op that tfjs recorded for the backward pass. */
export interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  /** Tensors kept for its gradient function. */
  readonly saved?: readonly tf.Tensor[];
  /** @param dys gradients of its outputs; null for an output that the loss does not depend on */
  gradient?: (dys: readonly (tf.Tensor | null)[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/**
 * Makes the backward pass over these ops free what it has used, as PyTorch does: once the gradients of an op's inputs are computed, the
 * gradients of its outputs and the tensors that it saved. tfjs keeps all of them until the end, so that at its peak memory holds every
 * activation and its gradient.
 *
 * Only for ops that are differentiated once, not for those of a nested gradient.
 */
export function releaseUsed(tape: readonly TapeNode[]): void {
  /** Frees what the op before has used: tfjs asks for the next op when it has all gradients of that one. */
  let release = (): void => {};
  for (const node of tape) {
    const { gradient, saved = [] } = node;
    if (!gradient) continue;
    node.gradient = (dys) => {
      release();
      const handedOn = new Set<tf.Tensor>();
      release = () => {
        for (const dy of dys) if (dy && !handedOn.has(dy)) dy.dispose();
        for (const tensor of saved) tensor.dispose();
      };
      const gradients = Object.entries(gradient(dys)).map(([input, compute]) => [
        input,
        () => {
          const dx = compute();
          handedOn.add(dx); // it may be the gradient of the output itself
          return dx;
        },
      ]);
      return Object.fromEntries(gradients);
    };
  }
}
