import { clippingFactor } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { Range } from './ranges.js';
import { requireInRange } from './ranges.js';

/** Result of {@link clipByGlobalNorm}. */
export interface ClippedGradients<G> {
  /** The clipped gradients, in the form they were given. */
  readonly grads: G;
  /** Norm of all gradients together, before clipping. */
  readonly norm: tf.Scalar;
}

/** Valid norms to clip to. */
export const MAX_NORM: Range = { rule: 'above 0', holds: (value) => value > 0 };

/**
 * Scales gradients so that their common norm is at most `maxNorm`: `torch.nn.utils.clip_grad_norm_`. Reads nothing from the device. The
 * caller keeps ownership of the given tensors.
 *
 * @param maxNorm above 0; Infinity only measures the norm
 */
export function clipByGlobalNorm<G extends readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>>(
  grads: G,
  maxNorm: number,
): ClippedGradients<G> {
  requireInRange('maxNorm', maxNorm, MAX_NORM);
  const names = Object.keys(grads) as (keyof G)[];
  return tf.tidy(() => {
    const { norm, factor } = clippingFactor(
      names.map((name) => grads[name] as tf.Tensor),
      maxNorm,
    );
    const clipped = names.map((name) => [name, tf.mul(grads[name] as tf.Tensor, factor)] as const);
    const result = Array.isArray(grads) ? clipped.map(([, tensor]) => tensor) : Object.fromEntries(clipped);
    return { grads: result as unknown as G, norm } as never;
  }) as ClippedGradients<G>;
}
