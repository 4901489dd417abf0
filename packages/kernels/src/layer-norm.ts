import * as tf from '@tensorflow/tfjs-core';
import * as composed from './composed/layer-norm.js';
import * as fused from './fused/layer-norm.js';
import { storageDType } from './fused/tensors.js';
import { hasKernel } from './has-kernel.js';
import type { LayerNormOptions } from './inputs/layer-norm-inputs.js';
import { layerNormInputs } from './inputs/layer-norm-inputs.js';

/**
 * The end of a sublayer of a post-norm transformer in one op, `LN(dropout(x + bias) + residual)`; without options a plain layer
 * norm over the last axis (Ba, Kiros and Hinton, 2016), as `torch.nn.functional.layer_norm`. Differentiable with regard to every
 * tensor; sums over rows for frozen parameters (variables that are not trainable) are not computed.
 *
 * @param x [rows, columns], float32 or native bfloat16; means and deviations are computed in float32
 * @param gamma [columns], the weight
 * @param beta [columns], the bias behind the norm
 * @returns [rows, columns]
 * @throws KernelInputError where shapes do not fit together or the dropout rate is not in [0, 1)
 */
export function layerNorm(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: LayerNormOptions = {},
): tf.Tensor2D {
  const inputs = layerNormInputs(x, gamma, beta, options);
  const dtype = hasKernel('FinLayerNorm') ? storageDType([x, inputs.residual]) : null;
  if (dtype === null) return composed.layerNorm(x, gamma, beta, options);
  return tf.tidy(() => fused.layerNorm(inputs, dtype));
}
