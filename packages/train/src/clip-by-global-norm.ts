import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from './errors.js';

/** What {@link clipByGlobalNorm} returns. */
export interface ClippedGradients<G> {
  /** In the form in which they were given. */
  readonly grads: G;
  /** Their norm before clipping. */
  readonly norm: tf.Scalar;
}

/** Keeps the divisor away from 0, as torch does. */
const EPSILON = 1e-6;

/**
 * Scales gradients so that the norm of all of them together is at most `maxNorm`: `torch.nn.utils.clip_grad_norm_`. Nothing is
 * read from the device. The given tensors stay the caller's.
 */
export function clipByGlobalNorm<G extends readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>>(
  grads: G,
  maxNorm: number,
): ClippedGradients<G> {
  if (!(maxNorm > 0)) throw new TrainInputError(`maxNorm is ${maxNorm}; it must be above 0`);
  const names = Object.keys(grads) as (keyof G)[];
  return tf.tidy(() => {
    const squares = names.map((name) => tf.sum(tf.square(grads[name] as tf.Tensor)));
    const norm = tf.sqrt(tf.sum(tf.stack(squares))) as tf.Scalar;
    const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, EPSILON)), 1);
    const clipped = names.map((name) => [name, tf.mul(grads[name] as tf.Tensor, scale)] as const);
    const result = Array.isArray(grads) ? clipped.map(([, tensor]) => tensor) : Object.fromEntries(clipped);
    return { grads: result as unknown as G, norm } as never;
  }) as ClippedGradients<G>;
}
