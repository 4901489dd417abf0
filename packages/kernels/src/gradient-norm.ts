import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { usesFusedOps } from './state.js';
import { wide } from './storage.js';

/** Added to the norm so that the division by it is defined, as in torch. */
const EPSILON = 1e-6;

/** Result of {@link clippingFactor}, float32 scalars owned by the caller. */
export interface Clipping {
  /** Norm of all tensors together: the square root of the sum of all squares. */
  readonly norm: tf.Scalar;
  /** `min(maxNorm / (norm + 1e-6), 1)` */
  readonly factor: tf.Scalar;
}

/**
 * The norm of all gradients together, and the factor, at most 1, that scales it down to `maxNorm`, as in `torch.nn.utils.clip_grad_norm_`.
 * Reads nothing from the device. An optimizer takes the factor, so that no copy of the gradients is made.
 *
 * @param gradients float tensors of any shapes
 * @param maxNorm above 0; Infinity only measures the norm
 */
export function clippingFactor(gradients: readonly tf.Tensor[], maxNorm: number): Clipping {
  if (!usesFusedOps()) return composedClippingFactor(gradients, maxNorm);
  return tf.tidy(() => {
    const attrs = {
      N: attr.int(gradients.length),
      max_norm: attr.float(maxNorm),
      epsilon: attr.float(EPSILON),
    };
    const [norm, factor] = rawOp('FinGlobalNorm', gradients.map(wide), attrs, 2) as tf.Scalar[];
    return { norm, factor };
  });
}

/** Composed twin of {@link clippingFactor}. */
export function composedClippingFactor(gradients: readonly tf.Tensor[], maxNorm: number): Clipping {
  return tf.tidy(() => {
    // tfjs's wasm backend does not sum an empty tensor to 0.
    const squares = filled(gradients).map((tensor) => tf.sum(tf.square(tensor)));
    const norm = squares.length > 0 ? tf.sqrt<tf.Scalar>(tf.sum(tf.stack(squares))) : tf.scalar(0);
    return { norm, factor: tf.minimum(tf.div(maxNorm, tf.add(norm, EPSILON)), 1) as tf.Scalar };
  });
}

/** Whether no element of any tensor is infinite or NaN. Reads one value from the device. */
export function allFinite(tensors: readonly tf.Tensor[]): boolean {
  if (!usesFusedOps()) return composedAllFinite(tensors);
  return tf.tidy(
    () => rawOp('FinAllFinite', tensors.map(wide), { N: attr.int(tensors.length) })[0].dataSync()[0] === 1,
  );
}

/** Composed twin of {@link allFinite}. */
export function composedAllFinite(tensors: readonly tf.Tensor[]): boolean {
  return tf.tidy(() => {
    const each = filled(tensors).map((tensor) => tf.all(tf.isFinite(tensor)));
    return each.length === 0 || tf.all(tf.stack(each)).dataSync()[0] === 1;
  });
}

const filled = (tensors: readonly tf.Tensor[]) => tensors.filter(({ size }) => size > 0);
