import * as tf from '@tensorflow/tfjs-core';
import * as composed from './composed/packed-attention.js';
import * as fused from './fused/packed-attention.js';
import { storageDType } from './fused/tensors.js';
import { hasKernel } from './has-kernel.js';
import type { PackedAttentionOptions } from './inputs/packed-attention-inputs.js';
import { packedAttentionInputs } from './inputs/packed-attention-inputs.js';

/**
 * Scaled dot-product attention, softmax(scale q kᵀ) v head by head (Vaswani et al., 2017), within each of the sequences that lie
 * end to end in q, k and v: nothing is padded. Differentiable with regard to q, k and v.
 *
 * @param q [tokens, heads * headDim], as `k` and `v`; float32 or native bfloat16
 * @param offsets where each sequence begins, and the number of tokens at the end: [sequences + 1]. Sequences may be empty.
 * @returns [tokens, heads * headDim]
 * @throws KernelInputError where shapes, heads or offsets do not fit together or the dropout rate is not in [0, 1)
 */
export function packedAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  offsets: Int32Array,
  options: PackedAttentionOptions,
): tf.Tensor2D {
  const inputs = packedAttentionInputs(q, k, v, offsets, options);
  const dtype = hasKernel('FinPackedAttention') ? storageDType([q, k, v]) : null;
  if (dtype === null) return composed.packedAttention(q, k, v, offsets, options);
  return tf.tidy(() => fused.packedAttention(inputs, dtype));
}
