import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { PackedAttentionInputs } from '../inputs/packed-attention-inputs.js';
import { differentiable } from './differentiable.js';
import { dropoutInputs } from './draw-seed.js';
import type { StorageDType } from './tensors.js';
import { inDType } from './tensors.js';

/** `FinPackedAttention`; the backward pass computes the weights again, from one number for each head and token. */
export function packedAttention(inputs: PackedAttentionInputs, dtype: StorageDType): tf.Tensor2D {
  const { offsets, heads, scale, dropout } = inputs;
  const [q, k, v] = [inputs.q, inputs.k, inputs.v].map((x) => inDType(x, dtype));
  const drawn = dropoutInputs(dropout);
  const attrs = { T: attr.type(dtype), heads: attr.int(heads), scale: attr.float(scale), ...drawn.attrs };
  return differentiable({
    inputs: { q, k, v },
    forward: (save) => {
      const before = [q, k, v, tf.tensor1d(offsets, 'int32')];
      const [out, lse] = rawOp('FinPackedAttention', [...before, drawn.seed], attrs, 2);
      save([...before, lse, drawn.seed]);
      return out;
    },
    gradients: (dy, saved) => {
      const [dq, dk, dv] = rawOp('FinPackedAttentionGrad', [inDType(dy, dtype), ...saved], attrs, 3);
      return { q: () => dq, k: () => dk, v: () => dv };
    },
  }) as tf.Tensor2D;
}
