import type * as tf from '@tensorflow/tfjs-core';
import * as composed from './composed/gelu.js';
import { expectInput } from './errors.js';
import * as fused from './fused/gelu.js';
import { storageDType } from './fused/inputs.js';
import { hasKernel } from './has-kernel.js';

/**
 * Exact GELU of `x + bias`: v Φ(v) with the normal distribution Φ (Hendrycks and Gimpel, 2016), as `torch.nn.GELU()`.
 * Differentiable with regard to both; the sums for a frozen bias (a `tf.Variable` that is not trainable) are not computed.
 *
 * @param x of any shape, float32 or native bfloat16; the result has its shape and dtype
 * @param bias [columns of x], added to each row
 * @throws KernelInputError where the bias does not fit
 */
export function gelu<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | null = null): T {
  expectInput(
    bias === null || (bias.rank === 1 && bias.shape[0] === x.shape.at(-1)),
    () => `gelu: a bias of the shape [${bias?.shape}] cannot be added to the rows of [${x.shape}]`,
  );
  const dtype = hasKernel('FinGelu') ? storageDType([x]) : null;
  return dtype === null ? composed.gelu(x, bias) : (fused.gelu(x, bias, dtype) as T);
}
