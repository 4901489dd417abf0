import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamWSettings } from './adam-w.js';
import { expectInput } from './errors.js';
import type { BlockwiseCodes } from './low-bit/blockwise.js';
import { dequantizeBlockwise, quantizeBlockwise } from './low-bit/blockwise.js';
import { bytesTensor } from './low-bit/bytes-tensor.js';
import { CODES, dynamicMap } from './low-bit/dynamic-map.js';
import { usesFusedOps } from './state.js';
import { wide } from './storage.js';

/** Elements of moments that share a scale. */
export const MOMENT_BLOCK = 256;

/** The moments of one tensor in 8 bits, in blocks of 256 elements. */
export interface Moments8bit {
  /** Running mean of the gradient; codes of the signed dynamic map. */
  readonly mean: BlockwiseCodes;
  /** Running mean of its square; codes of the unsigned dynamic map. */
  readonly meanSquare: BlockwiseCodes;
}

/** A tensor whose moments are kept. */
export interface TensorOf8bit {
  /** Number of elements. */
  readonly size: number;
  /** Moments to start from; null for zeros. */
  readonly moments: Moments8bit | null;
}

/** Input of an update by {@link adamW8bit}. */
export interface AdamW8bitUpdate {
  /** Current weights, any shapes, with the sizes of the tensors. They stay as they are. */
  readonly weights: readonly tf.Tensor[];
  /** Settings of each tensor. */
  readonly settings: readonly AdamWSettings[];
  /**
   * Gradients of all weights, in any float dtype, element by element in the same order. One tensor may hold the gradients of several
   * weights, but not a part of one.
   */
  readonly gradients: readonly tf.Tensor[];
  /** Scalar that the gradients are multiplied by, such as by clipping. @default 1 */
  readonly gradientFactor?: tf.Scalar;
}

/** AdamW with moments in 8 bits: 2 bytes for each element and 8 for each block of 256, where float32 takes 8 for each element. */
export interface AdamW8bitState {
  /**
   * One update of all tensors. The moments change.
   *
   * @returns the new weights, in the shapes of the old, owned by the caller
   * @throws KernelInputError if numbers of elements do not match
   */
  update(update: AdamW8bitUpdate): tf.Tensor[];
  /** Copies of the moments in host memory. */
  moments(): Moments8bit[];
  dispose(): void;
}

/**
 * AdamW whose moments are quantized block by block after each update, as in bitsandbytes. The update itself is `torch.optim.AdamW`'s, in
 * float32, with the moments before they are quantized again. On native TensorFlow it is one op on all threads.
 *
 * @see Dettmers et al. 2022, arXiv 2110.02861
 */
export function adamW8bit(tensors: readonly TensorOf8bit[]): AdamW8bitState {
  return usesFusedOps() ? fusedAdamW8bit(tensors) : composedAdamW8bit(tensors);
}

function fusedAdamW8bit(tensors: readonly TensorOf8bit[]): AdamW8bitState {
  const sizes = tf.keep(
    tf.tensor1d(
      tensors.map(({ size }) => size),
      'int32',
    ),
  );
  const count = { N: attr.int(tensors.length) };
  const maps = tf.keep(tf.tensor2d(Float32Array.from(codeMaps().flatMap((map) => [...map])), [2, CODES]));
  const state = tf.tidy(() => {
    const none = { codes: new Uint8Array(), absmax: new Float32Array() };
    const means = tensors.map(({ moments }) => moments?.mean ?? none);
    const squares = tensors.map(({ moments }) => moments?.meanSquare ?? none);
    const inputs = [means, squares].flatMap((list) => [
      ...list.map(({ codes }) => bytesTensor(codes)),
      ...list.map(({ absmax }) => tf.tensor1d(absmax)),
    ]);
    return tf.keep(rawOp('FinAdamW8bitState', [sizes, ...inputs], count)[0]);
  });
  return {
    update(update) {
      checkUpdate(tensors, update);
      const { weights, settings, gradients, gradientFactor } = update;
      return tf.tidy(() => {
        const table = tf.tensor2d(settings.map((each) => Object.values(adamW8bitScalars(each))));
        const inputs = [state, table, gradientFactor ?? tf.scalar(1), maps];
        const attrs = { N: attr.int(weights.length), M: attr.int(gradients.length) };
        return rawOp('FinAdamW8bit', [...inputs, ...weights, ...gradients.map(wide)], attrs, weights.length);
      });
    },
    moments() {
      const copies = rawOp('FinAdamW8bitMoments', [state, sizes], count, 4 * tensors.length);
      const read = (list: number, i: number): BlockwiseCodes => ({
        codes: Uint8Array.from(copies[list * tensors.length + i].dataSync()),
        absmax: Float32Array.from(copies[(list + 1) * tensors.length + i].dataSync()),
      });
      try {
        return tensors.map((_, i) => ({ mean: read(0, i), meanSquare: read(2, i) }));
      } finally {
        tf.dispose(copies);
      }
    },
    dispose: () => tf.dispose([sizes, maps, state]),
  };
}

/** Composed twin of {@link adamW8bit}, in TypeScript on the host, with the same bits. */
export function composedAdamW8bit(tensors: readonly TensorOf8bit[]): AdamW8bitState {
  let state = tensors.map(({ size, moments }) => moments ?? zeroMoments(size));
  return {
    update(update) {
      checkUpdate(tensors, update);
      const gradients = gradientsOf(update);
      const factor = update.gradientFactor?.dataSync()[0] ?? 1;
      const next = update.weights.map((tensor, i) => {
        const weights = tensor.dataSync<'float32'>();
        return updateTensor(weights, gradients[i], state[i], update.settings[i], factor);
      });
      state = next.map(({ moments }) => moments);
      return next.map(({ weights }, i) => tf.tensor(weights, update.weights[i].shape));
    },
    moments: () =>
      state.map(({ mean, meanSquare }) => ({ mean: copyOf(mean), meanSquare: copyOf(meanSquare) })),
    dispose: () => {},
  };
}

/** One tensor's update, rounded to float32 after each operation. */
function updateTensor(
  weights: Float32Array,
  gradient: Float32Array,
  moments: Moments8bit,
  settings: AdamWSettings,
  factor: number,
): { readonly weights: Float32Array; readonly moments: Moments8bit } {
  const f = Math.fround;
  const [meanMap, squareMap] = codeMaps();
  const means = dequantizeBlockwise(moments.mean, meanMap, MOMENT_BLOCK);
  const squares = dequantizeBlockwise(moments.meanSquare, squareMap, MOMENT_BLOCK);
  const scalars = Object.values(adamW8bitScalars(settings)).map(f);
  const [rate, eps, decay, beta1, share1, beta2, share2] = scalars;
  const updated = new Float32Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const g = f(gradient[i] * factor);
    const mean = f(f(means[i] * beta1) + f(g * share1));
    const square = f(f(squares[i] * beta2) + f(f(g * share2) * g));
    const change = f(f(mean * rate) / f(f(Math.sqrt(square)) + eps));
    updated[i] = f(weights[i] * decay) - change;
    means[i] = mean;
    squares[i] = square;
  }
  return {
    weights: updated,
    moments: {
      mean: quantizeBlockwise(means, meanMap, MOMENT_BLOCK),
      meanSquare: quantizeBlockwise(squares, squareMap, MOMENT_BLOCK),
    },
  };
}

/** The numbers of an update, in the order of the native op. */
function adamW8bitScalars({ learningRate, beta1, beta2, eps, weightDecay, step }: AdamWSettings): {
  readonly rate: number;
  readonly eps: number;
  readonly decay: number;
  readonly beta1: number;
  readonly share1: number;
  readonly beta2: number;
  readonly share2: number;
} {
  const correction2 = Math.sqrt(1 - beta2 ** step);
  return {
    rate: (learningRate * correction2) / (1 - beta1 ** step),
    eps: eps * correction2,
    decay: 1 - learningRate * weightDecay,
    beta1,
    share1: 1 - beta1,
    beta2,
    share2: 1 - beta2,
  };
}

let maps: readonly [mean: Float32Array, square: Float32Array] | null = null;

/** The maps of the mean and of the mean square. */
function codeMaps(): readonly [mean: Float32Array, square: Float32Array] {
  maps ??= [dynamicMap(true), dynamicMap(false)];
  return maps;
}

function zeroMoments(size: number): Moments8bit {
  const zeros = () => ({
    codes: new Uint8Array(size),
    absmax: new Float32Array(Math.ceil(size / MOMENT_BLOCK)),
  });
  return { mean: zeros(), meanSquare: zeros() };
}

function copyOf({ codes, absmax }: BlockwiseCodes): BlockwiseCodes {
  return { codes: codes.slice(), absmax: absmax.slice() };
}

/** The gradient of each weight. */
function gradientsOf({ weights, gradients }: AdamW8bitUpdate): Float32Array[] {
  const data = gradients.filter(({ size }) => size > 0).map((tensor) => tensor.dataSync<'float32'>());
  let [tensor, used] = [0, 0];
  return weights.map(({ size }) => {
    if (size === 0) return new Float32Array();
    if (used === data[tensor].length) [tensor, used] = [tensor + 1, 0];
    used += size;
    return data[tensor].subarray(used - size, used);
  });
}

function checkUpdate(
  tensors: readonly TensorOf8bit[],
  { weights, settings, gradients }: AdamW8bitUpdate,
): void {
  expectInput(
    weights.length === tensors.length && weights.every(({ size }, i) => size === tensors[i].size),
    () =>
      `adamW8bit: the weights have [${weights.map(({ size }) => size)}] elements where [${tensors.map(({ size }) => size)}] are needed`,
  );
  expectInput(
    settings.length === weights.length,
    () => `adamW8bit: there are settings for ${settings.length} tensors, but ${weights.length} tensors`,
  );
  const count = (list: readonly tf.Tensor[]) => list.reduce((sum, { size }) => sum + size, 0);
  expectInput(
    count(gradients) === count(weights),
    () => `adamW8bit: there are ${count(weights)} weights, but gradients of ${count(gradients)}`,
  );
  const filled = gradients.filter(({ size }) => size > 0);
  let [tensor, used] = [0, 0];
  for (const [i, { size }] of weights.entries()) {
    if (size === 0) continue;
    if (used === filled[tensor].size) [tensor, used] = [tensor + 1, 0];
    used += size;
    expectInput(
      used <= filled[tensor].size,
      () => `adamW8bit: the gradient of tensor ${i} lies in two tensors`,
    );
  }
}
