import * as tf from '@tensorflow/tfjs-core';
import * as composed from './composed/dropout.js';
import * as fused from './fused/dropout.js';
import { storageDType } from './fused/tensors.js';
import { hasKernel } from './has-kernel.js';
import type { DropoutOptions } from './inputs/dropout-options.js';
import { checkDropout } from './inputs/dropout-options.js';

/**
 * `dropout` of @fin/runtime, faster: the same elements fall for the same stream. Differentiable; nothing but the seed is kept for
 * the backward pass.
 *
 * @param x of any shape, float32 or native bfloat16
 * @throws KernelInputError where the rate is not in [0, 1)
 */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  checkDropout('dropout', options);
  const dtype = options.rate > 0 && hasKernel('FinDropout') ? storageDType([x]) : null;
  return dtype === null ? composed.dropout(x, options) : tf.tidy(() => fused.dropout(x, options, dtype) as T);
}
