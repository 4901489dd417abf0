import * as tf from '@tensorflow/tfjs-core';

/** The part of tfjs's engine that its type declarations leave out. */
interface EngineInside {
  readonly state: {
    readonly gradientDepth: number;
    readonly activeTape: readonly { readonly saved?: readonly tf.Tensor[] }[] | null;
  };
}

/**
 * `tf.variableGrads`, without its leak: if the function or a gradient throws, tfjs keeps the function's value and the tensors that its ops
 * saved for the backward pass.
 */
export function variableGradients(
  f: () => tf.Scalar,
  variables: tf.Variable[],
): { readonly value: tf.Scalar; readonly grads: tf.NamedTensorMap } {
  try {
    return tf.tidy(() => tf.variableGrads(f, variables) as never);
  } catch (error) {
    const { gradientDepth, activeTape } = (tf.engine() as unknown as EngineInside).state;
    if (gradientDepth === 0) {
      for (const { saved } of activeTape ?? []) {
        for (const tensor of saved ?? []) tensor.dispose();
      }
    }
    throw error;
  }
}
