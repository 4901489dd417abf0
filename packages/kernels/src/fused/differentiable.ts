import * as tf from '@tensorflow/tfjs-core';

/** An op with a hand-written backward pass. */
export interface DifferentiableOp {
  /** Tensors to which gradients go, by name. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** The value; `save` keeps what the backward pass needs. */
  readonly forward: (save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
  /** The gradient of each input, as a function that is called only where that gradient is wanted. */
  readonly gradients: (dy: tf.Tensor, saved: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/** The call of tfjs's engine on which `tf.customGrad` rests. */
interface CustomGradientEngine {
  runKernelFunc(kernel: {
    inputs: DifferentiableOp['inputs'];
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
    backwardsFunc: DifferentiableOp['gradients'];
  }): tf.Tensor;
}

/** `tf.customGrad`, except that gradients nobody asked for (of frozen weights) need not be computed. */
export function differentiable(op: DifferentiableOp): tf.Tensor {
  const engine = tf.engine() as unknown as CustomGradientEngine;
  return engine.runKernelFunc({
    inputs: op.inputs,
    forwardFunc: (_, save) => op.forward(save),
    backwardsFunc: op.gradients,
  });
}
