import * as tf from '@tensorflow/tfjs-core';
import * as composed from './composed/gelu.js';
import * as fused from './fused/gelu.js';
import { storageDType } from './fused/tensors.js';
import { hasKernel } from './has-kernel.js';
import { checkGelu } from './inputs/gelu-inputs.js';

/**
 * Exact GELU of `x + bias`: v Φ(v) with the normal distribution Φ (Hendrycks and Gimpel, 2016), as `torch.nn.GELU()`.
 * Differentiable with regard to both; the sums for a frozen bias (a `tf.Variable` that is not trainable) are not computed.
 *
 * @param x of any shape, float32 or native bfloat16; the result has its shape and dtype
 * @param bias [columns of x], added to each row
 * @throws KernelInputError where the bias does not fit
 */
export function gelu<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | null = null): T {
  checkGelu(x, bias);
  const dtype = hasKernel('FinGelu') ? storageDType([x]) : null;
  return dtype === null ? composed.gelu(x, bias) : tf.tidy(() => fused.gelu(x, bias, dtype) as T);
}
