import * as tf from '@tensorflow/tfjs-core';
import type { GradientListener } from './announce-gradients.js';
import { announceGradients } from './announce-gradients.js';
import type { TapeNode } from './release-used.js';
import { releaseUsed } from './release-used.js';

/** The part of tfjs's engine that its type declarations leave out. */
interface EngineInside {
  readonly state: {
    readonly gradientDepth: number;
    readonly activeTape: readonly TapeNode[] | null;
  };
}

/**
 * `tf.variableGrads` with less memory: the backward pass frees what it has used. And without its leak: if the function or a gradient
 * throws, tfjs keeps the function's value and the tensors that its ops saved for the backward pass.
 *
 * @param onGradient told gradients while the backward pass goes on, those of variables with one use
 */
export function variableGradients(
  f: () => tf.Scalar,
  variables: tf.Variable[],
  onGradient?: GradientListener,
): { readonly value: tf.Scalar; readonly grads: tf.NamedTensorMap } {
  try {
    return tf.tidy(
      () =>
        tf.variableGrads(() => {
          const value = f();
          const { gradientDepth, activeTape } = engineState();
          if (gradientDepth === 1) {
            if (onGradient) announceGradients(activeTape!, value, variables, onGradient);
            releaseUsed(activeTape!);
          }
          return value;
        }, variables) as never,
    );
  } catch (error) {
    const { gradientDepth, activeTape } = engineState();
    if (gradientDepth === 0) {
      for (const { saved } of activeTape ?? []) {
        for (const tensor of saved ?? []) tensor.dispose();
      }
    }
    throw error;
  }
}

const engineState = (): EngineInside['state'] => (tf.engine() as unknown as EngineInside).state;
