import * as tf from '@tensorflow/tfjs-core';

/** An op with a hand-written backward pass. */
export interface DifferentiableOp {
  /** Tensors that get gradients, by name. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** Computes the value and saves tensors for the backward pass. Runs in a `tf.tidy`; its ops are not recorded. */
  readonly forward: (save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
  /** One function per input that computes its gradient. Only those on a path to a requested variable are called. */
  readonly gradients: (dy: tf.Tensor, saved: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/** A {@link DifferentiableOp} with several results. */
export interface DifferentiableOps {
  readonly inputs: DifferentiableOp['inputs'];
  readonly forward: (save: (tensors: tf.Tensor[]) => void) => tf.Tensor[];
  /** @param dys gradient of each result; null for those that the loss does not depend on */
  readonly gradients: (
    dys: readonly (tf.Tensor | null)[],
    saved: tf.Tensor[],
  ) => Readonly<Record<string, () => tf.Tensor>>;
}

/** The method of tfjs's engine that `tf.customGrad` calls. */
interface CustomGradientEngine {
  runKernelFunc<Result extends tf.Tensor | tf.Tensor[]>(kernel: {
    inputs: DifferentiableOp['inputs'];
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => Result;
    backwardsFunc: (dy: Result, saved: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
  }): Result;
  readonly state: { readonly activeTape: readonly TapeNode[] | null };
}

/** An op that tfjs recorded for the backward pass. */
interface TapeNode {
  readonly outputs: readonly tf.Tensor[];
  readonly saved: tf.Tensor[];
  gradient?: (dys: readonly (tf.Tensor | null)[]) => ReturnType<DifferentiableOps['gradients']>;
}

/** `tf.customGrad` that computes only the requested gradients, not those of frozen weights. */
export function differentiable(op: DifferentiableOp): tf.Tensor {
  const engine = tf.engine() as unknown as CustomGradientEngine;
  return engine.runKernelFunc({
    inputs: op.inputs,
    forwardFunc: (_, save) => op.forward(save),
    backwardsFunc: op.gradients,
  });
}

/**
 * {@link differentiable} for an op with at least two results. tfjs would make a tensor of zeros for the gradient of each result that the
 * loss does not depend on, so the gradient function is put on its tape by hand.
 */
export function differentiableList(op: DifferentiableOps): tf.Tensor[] {
  const engine = tf.engine() as unknown as CustomGradientEngine;
  const results = engine.runKernelFunc<tf.Tensor[]>({
    inputs: op.inputs,
    forwardFunc: (_, save) => op.forward(save),
    backwardsFunc: op.gradients,
  });
  const node = engine.state.activeTape?.findLast(({ outputs }) => outputs[0] === results[0]);
  if (node) node.gradient = (dys) => op.gradients(dys, node.saved);
  return results;
}

/**
 * Runs a forward pass without recording it: no gradient flows through the result, nothing is saved for a backward pass, and
 * intermediate tensors are freed at once. For the layers below the lowest trainable parameter; `torch.no_grad()`.
 */
export function withoutGradient(compute: () => tf.Tensor2D): tf.Tensor2D {
  const constant = tf.customGrad(() => ({
    value: compute(),
    gradFunc: () => [],
  }));
  return constant() as tf.Tensor2D;
}
