import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { expectInput } from './errors.js';
import { usesFusedOps } from './state.js';
import { wide } from './storage.js';

/** Settings of AdamW for one tensor in one update. */
export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled weight decay. */
  readonly weightDecay: number;
  /** Number of the update, from 1. */
  readonly step: number;
}

/** Input of {@link adamW}. */
export interface AdamWUpdate {
  /** Current weights, any shapes. They stay as they are. */
  readonly weights: readonly tf.Tensor[];
  /** Settings of each tensor of weights. */
  readonly settings: readonly AdamWSettings[];
  /** Gradients of all weights, in any float dtype, element by element in the same order. They may be divided into tensors in another way. */
  readonly gradients: readonly tf.Tensor[];
  /** `[2, elements]`: running means of the gradients, and of their squares, made by {@link adamWMoments} */
  readonly moments: tf.Tensor2D;
  /** Scalar that the gradients are multiplied by, such as by clipping. @default 1 */
  readonly gradientFactor?: tf.Scalar;
}

/** Result of {@link adamW}, owned by the caller. */
export interface AdamWResult {
  /** The new weights, in the shapes of the old. */
  readonly weights: tf.Tensor[];
  /** The new moments: the given tensor itself if the op changed it in place. Any other use of the old moments is an error. */
  readonly moments: tf.Tensor2D;
}

/** Moments for {@link adamW} from the running means of each tensor, in the order of the weights. */
export function adamWMoments(means: readonly tf.Tensor[], meanSquares: readonly tf.Tensor[]): tf.Tensor2D {
  if (usesFusedOps()) {
    return rawOp('FinAdamWMoments', [...means, ...meanSquares], {
      N: attr.int(means.length),
    })[0] as tf.Tensor2D;
  }
  return tf.tidy(() => tf.stack([flat(means), flat(meanSquares)]) as tf.Tensor2D);
}

/**
 * One update of all parameters as in `torch.optim.AdamW`. On native TensorFlow it is one op on all threads, which updates the moments
 * in place and reuses the memory of replaced weights. It gives the same bits as TensorFlow's `ResourceApplyAdam` with the weights
 * multiplied by 1 - learning rate · decay before.
 *
 * @throws KernelInputError if numbers of elements do not match
 * @see Loshchilov & Hutter 2019, arXiv 1711.05101
 */
export function adamW(update: AdamWUpdate): AdamWResult {
  checkUpdate(update);
  return usesFusedOps() ? fusedAdamW(update) : composedAdamW(update);
}

/** Composed twin of {@link adamW}. Returns new moments and leaves the old ones as they are. */
export function composedAdamW(update: AdamWUpdate): AdamWResult {
  checkUpdate(update);
  const { weights, settings, gradients, moments, gradientFactor } = update;
  return tf.tidy(() => {
    const sizes = weights.map(({ size }) => size);
    const gradient = tf.mul(flat(gradients), gradientFactor ?? 1);
    const parts = tf.split(gradient, sizes);
    const [means, meanSquares] = tf.unstack(moments).map((row) => tf.split(row, sizes));
    const results = weights.map((tensor, i) => {
      const { rate, eps, decay, share1, share2 } = adamWScalars(settings[i]);
      const mean = tf.add(means[i], tf.mul(tf.sub(parts[i], means[i]), share1));
      const square = tf.add(
        meanSquares[i],
        tf.mul(tf.sub(tf.mul(parts[i], parts[i]), meanSquares[i]), share2),
      );
      const change = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), eps));
      const decayed = tf.mul(tensor, decay);
      return { weights: tf.sub(decayed, tf.reshape(change, tensor.shape)), mean, square };
    });
    return {
      weights: results.map((result) => result.weights),
      moments: tf.stack([
        flat(results.map(({ mean }) => mean)),
        flat(results.map(({ square }) => square)),
      ]) as tf.Tensor2D,
    } as never;
  }) as AdamWResult;
}

function fusedAdamW({ weights, settings, gradients, moments, gradientFactor }: AdamWUpdate): AdamWResult {
  const updated = tf.tidy(() => {
    const table = tf.tensor2d(settingsTable(settings), [settings.length, SETTINGS]);
    const inputs = [moments, table, gradientFactor ?? tf.scalar(1), ...weights, ...gradients.map(wide)];
    const attrs = { N: attr.int(weights.length), M: attr.int(gradients.length) };
    return rawOp('FinAdamW', inputs, attrs, weights.length);
  });
  return { weights: updated, moments };
}

/** Columns of the op's settings. */
const SETTINGS = 5;

/** A row of scalars for each tensor. Most tensors share their settings with the one before, and then its row. */
function settingsTable(settings: readonly AdamWSettings[]): Float32Array {
  const rows = new Float32Array(settings.length * SETTINGS);
  for (const [i, each] of settings.entries()) {
    const at = i * SETTINGS;
    if (i > 0 && each === settings[i - 1]) {
      rows.copyWithin(at, at - SETTINGS, at);
    } else {
      const { rate, eps, decay, share1, share2 } = adamWScalars(each);
      rows.set([rate, eps, decay, share1, share2], at);
    }
  }
  return rows;
}

/**
 * The numbers with which TensorFlow's `w -= rate * m / (sqrt(v) + eps)` is torch's `w -= lr / bc1 * m / (sqrt(v / bc2) + eps)`, where
 * bc = 1 - beta^step.
 *
 * The shares of the new gradient in the moments are 1 - beta in float32, which for 0.999 is off by a relative 1.3e-5. The moments are
 * too large or too small by that factor throughout, so rate and eps divide it out. TensorFlow's op does the same, so that training can
 * go on from its moments.
 */
export function adamWScalars({ learningRate, beta1, beta2, eps, weightDecay, step }: AdamWSettings): {
  readonly rate: number;
  readonly eps: number;
  readonly decay: number;
  readonly share1: number;
  readonly share2: number;
} {
  const share1 = 1 - Math.fround(beta1);
  const share2 = 1 - Math.fround(beta2);
  const scale1 = (1 - beta1) / share1;
  const correction2 = Math.sqrt((1 - beta2 ** step) / ((1 - beta2) / share2));
  return {
    rate: (learningRate * scale1 * correction2) / (1 - beta1 ** step),
    eps: eps * correction2,
    decay: 1 - learningRate * weightDecay,
    share1,
    share2,
  };
}

/** The elements of tensors, one after the other. */
function flat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D));
}

function checkUpdate({ weights, settings, gradients, moments }: AdamWUpdate): void {
  const count = (tensors: readonly tf.Tensor[]) => tensors.reduce((sum, { size }) => sum + size, 0);
  const total = count(weights);
  expectInput(weights.length > 0, () => 'adamW: there are no weights');
  expectInput(
    settings.length === weights.length,
    () => `adamW: there are settings for ${settings.length} tensors, but ${weights.length} tensors`,
  );
  expectInput(
    count(gradients) === total,
    () => `adamW: there are ${total} weights, but gradients of ${count(gradients)}`,
  );
  expectInput(
    `${moments.shape}` === `${[2, total]}`,
    () => `adamW: moments have the shape [${moments.shape}] where [2, ${total}] is needed`,
  );
}
