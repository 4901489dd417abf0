import type { DrawnRows, RandomStream } from '@fin/runtime';
import { attr, dropout as dropoutOfRuntime, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import { expectInput } from './errors.js';
import { usesFusedOps } from './state.js';
import type { StorageDType } from './storage.js';
import { inDType, noTensor, storageDType } from './storage.js';

/**
 * Inverted dropout. The mask is one draw from the stream and depends on nothing else: the same stream at the same position gives
 * the same mask on every backend, fused or composed.
 */
export interface DropoutOptions {
  /** Probability that an element becomes 0, in [0, 1). 0 draws nothing from the stream. */
  readonly rate: number;
  /** Source of the mask. Each use advances it by one draw. */
  readonly stream: RandomStream;
  /** For a part of a batch that gets the masks of the whole batch: its rows in the draw. @default a draw for x alone */
  readonly rows?: DrawnRows | null;
}

/** @throws KernelInputError unless the rate is in [0, 1) */
export function checkDropout(op: string, dropout: DropoutOptions | null): void {
  const rate = dropout?.rate ?? 0;
  expectInput(rate >= 0 && rate < 1, () => `${op}: a dropout rate must be in [0, 1), not ${rate}`);
}

/**
 * A faster `dropout` of @fin/runtime with the same mask. Differentiable. The backward pass draws the mask again, so only the seed
 * is saved.
 *
 * @param x any shape, float32 or native bfloat16
 * @throws KernelInputError unless the rate is in [0, 1)
 */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  checkDropout('dropout', options);
  const dtype = options.rate > 0 && usesFusedOps() ? storageDType([x]) : null;
  return dtype === null ? composedDropout(x, options) : tf.tidy(() => fusedDropout(x, options, dtype) as T);
}

/** Composed twin of {@link dropout}. */
export function composedDropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  checkDropout('dropout', options);
  return dropoutOfRuntime(x, options.rate, options.stream, options.rows);
}

function fusedDropout(x: tf.Tensor, options: DropoutOptions, dtype: StorageDType): tf.Tensor {
  const { seed, attrs } = dropoutInputs(options);
  const apply = (from: tf.Tensor, seed: tf.Tensor) =>
    rawOp('FinDropout', [from, seed], { T: attr.type(dtype), ...attrs })[0];
  return differentiable({
    inputs: { x },
    forward: (save) => {
      save([seed]);
      return apply(x, seed);
    },
    gradients: (dy, [seed]) => ({ x: () => apply(inDType(dy, dtype), seed) }),
  });
}

/** The seed and attributes that a fused op takes for dropout. The op generates the numbers from the seed itself. */
export interface DropoutInputs {
  /** int32 [2, 2], or [4 + rows] with the numbers of the rows behind it; empty without dropout */
  readonly seed: tf.Tensor;
  readonly attrs: {
    readonly rate: ReturnType<typeof attr.float>;
    readonly keep_scale: ReturnType<typeof attr.float>;
  };
}

/**
 * Inputs for one dropout within a fused op. Draws from the stream once, or not at all at rate 0.
 *
 * @param numbers of the rows in the draw. @default those of the options
 */
export function dropoutInputs(
  dropout: DropoutOptions | null,
  numbers: ArrayLike<number> | undefined = dropout?.rows?.numbers,
): DropoutInputs {
  const rate = dropout?.rate ?? 0;
  const attrs = { rate: attr.float(rate), keep_scale: attr.float(1 / (1 - rate)) };
  if (!dropout || rate === 0) return { seed: noTensor('int32'), attrs };
  const seed = dropout.stream.seed();
  if (!numbers) return { seed: tf.tensor2d(seed, [2, 2], 'int32'), attrs };
  const numbered = new Int32Array(seed.length + numbers.length);
  numbered.set(seed);
  numbered.set(numbers, seed.length);
  return { seed: tf.tensor1d(numbered, 'int32'), attrs };
}
