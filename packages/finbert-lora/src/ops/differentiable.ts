import * as tf from '@tensorflow/tfjs-core';

type Inputs = Readonly<Record<string, tf.Tensor>>;

/** How an op with a hand-written backward pass is computed. */
export interface DifferentiableOp<I extends Inputs> {
  /** Tensors it takes, by name. Gradients go to these and no others. */
  readonly inputs: I;
  /** The value; `save` keeps what the backward pass needs. Runs in a `tf.tidy`, off the tape. */
  readonly forward: (save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
  /** Gradient of each input, as functions: only those on the way to a wanted variable are called, each in a `tf.tidy`. */
  readonly gradients: (dy: tf.Tensor, saved: tf.Tensor[]) => { readonly [K in keyof I]: () => tf.Tensor };
}

/** The call of tfjs's engine that `tf.customGrad` is made of. */
interface CustomGradientEngine {
  runKernelFunc(kernel: {
    inputs: Inputs;
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
    backwardsFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
  }): tf.Tensor;
}

/**
 * `tf.customGrad` for ops with several inputs of which some may be frozen. `tf.customGrad` computes the gradients of all
 * inputs, wanted or not; here each is computed only when tfjs's backward pass asks for it, as for its own kernels.
 */
export function differentiable<I extends Inputs>(op: DifferentiableOp<I>): tf.Tensor {
  const engine = tf.engine() as unknown as CustomGradientEngine;
  return engine.runKernelFunc({
    inputs: op.inputs,
    forwardFunc: (_, save) => op.forward(save),
    backwardsFunc: op.gradients,
  });
}
