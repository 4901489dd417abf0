import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from '../differentiable.js';
import type { DropoutOptions } from '../dropout.js';
import { checkDropout, dropoutInputs } from '../dropout.js';
import { expectInput } from '../errors.js';
import { usesFusedOps } from '../state.js';
import type { StorageDType } from '../storage.js';
import { inDType, storageDType } from '../storage.js';
import type { AttentionPlan } from './attention-plan.js';
import { planGrouped, planOffsets } from './attention-plan.js';
import { groupedAttention } from './grouped-attention.js';
import { groupCosts } from './plan-groups.js';

export interface PackedAttentionOptions {
  /** Number of heads; divides the columns of q. */
  readonly heads: number;
  /** Factor of the scores. @default 1 / √(columns / heads) */
  readonly scale?: number;
  /**
   * Applied to the attention weights, as one draw of the shape [sequences, heads, longest, longest], where `longest` is the length
   * of the longest sequence. With a plan for a part of a batch, the draw is that of the whole batch. Fused and composed drop the same weights. A padded batch drops the same ones as a packed batch of the
   * same sequences if it is padded to `longest`. @default none
   */
  readonly dropout?: DropoutOptions | null;
}

/**
 * Scaled dot-product attention, softmax(scale q kᵀ) v for each head (Vaswani et al., 2017), within sequences that lie end to end
 * in q, k and v, without padding. Differentiable with respect to q, k and v.
 *
 * @param q [tokens, heads * headDim], as `k` and `v`; float32 or native bfloat16
 * @param sequences a plan by `planAttention`, or offsets: the first row of each sequence, and the number of tokens at the end,
 *   [sequences + 1]. Sequences may be empty.
 * @returns [tokens, heads * headDim]
 * @throws KernelInputError if shapes, heads or offsets do not match or the dropout rate is not in [0, 1)
 */
export function packedAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  options: PackedAttentionOptions,
): tf.Tensor2D {
  const inputs = attentionInputs(q, k, v, sequences, options);
  const { offsets } = inputs.plan;
  const dtype = offsets && usesFusedOps() ? storageDType([q, k, v]) : null;
  return tf.tidy(() => (offsets === null || dtype === null ? compose(inputs) : fuse(inputs, offsets, dtype)));
}

/**
 * Composed twin of {@link packedAttention}. Computes groups of sequences of similar length, each padded to its longest sequence:
 * the more lengths differ between neighbours, the more it pads.
 */
export function composedPackedAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  options: PackedAttentionOptions,
): tf.Tensor2D {
  return tf.tidy(() => compose(attentionInputs(q, k, v, sequences, options)));
}

interface AttentionInputs extends Required<PackedAttentionOptions> {
  readonly q: tf.Tensor2D;
  readonly k: tf.Tensor2D;
  readonly v: tf.Tensor2D;
  readonly plan: AttentionPlan;
}

function attentionInputs(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  sequences: AttentionPlan | Int32Array,
  { heads, scale, dropout = null }: PackedAttentionOptions,
): AttentionInputs {
  expectInput(q.rank === 2, () => `packedAttention: q must be [tokens, columns], not [${q.shape}]`);
  const [tokens, columns] = q.shape;
  for (const [name, x] of Object.entries({ k, v })) {
    expectInput(
      x.rank === 2 && x.shape[0] === tokens && x.shape[1] === columns,
      () => `packedAttention: ${name} has the shape [${x.shape}], but q has [${q.shape}]`,
    );
  }
  expectInput(
    Number.isInteger(heads) && heads > 0 && columns % heads === 0,
    () => `packedAttention: ${columns} columns cannot be divided among ${heads} heads`,
  );
  checkDropout('packedAttention', dropout);
  const plan = 'sequences' in sequences ? sequences : planOffsets(sequences, tokens);
  expectInput(
    plan.tokens === tokens,
    () => `packedAttention: the plan is for ${plan.tokens} tokens, but q has ${tokens} rows`,
  );
  return { q, k, v, plan, heads, scale: scale ?? 1 / Math.sqrt(columns / heads), dropout };
}

function compose({ q, k, v, plan, heads, scale, dropout }: AttentionInputs): tf.Tensor2D {
  const [tokens, hidden] = q.shape;
  if (tokens === 0 || hidden === 0) return tf.addN([q, k, v]);
  const { groups } = plan.groups ? plan : planGrouped(plan.offsets!, groupCosts({ heads, hidden }));
  return groupedAttention(q, k, v, { ...plan, groups: groups! }, { heads, scale, dropout });
}

/** `FinPackedAttention`. Saves one number per head and token; the backward pass recomputes the weights from it. */
function fuse(inputs: AttentionInputs, offsets: Int32Array, dtype: StorageDType): tf.Tensor2D {
  const { heads, scale, dropout } = inputs;
  const [q, k, v] = [inputs.q, inputs.k, inputs.v].map((x) => inDType(x, dtype));
  const { part } = inputs.plan;
  const drawn = dropoutInputs(dropout, part ? [...part.sequences.numbers, part.longest] : undefined);
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
