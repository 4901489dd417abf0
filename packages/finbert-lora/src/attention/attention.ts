import { packedAttention } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionPlan, GroupedPlan } from './attention-plan.js';
import type { AttentionOptions } from './group-attention.js';
import { attendGroup, attendGroupBackward, traceTensors, withTensors } from './group-attention.js';
import { stackRows } from './head-layout.js';

/**
 * Scaled dot-product attention within each sequence, softmax(q kᵀ / √headDim) v head by head (Vaswani et al., 2017), in the
 * groups of the plan.
 *
 * One op on the tape however many groups there are; the backward pass is written out. Where `@fin/kernels` is loaded, one fused
 * op without groups; its dropout then falls elsewhere, with the same share.
 *
 * @param q [tokens, hidden], as `k` and `v`
 * @returns [tokens, hidden]
 */
export function attention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  plan: AttentionPlan,
  options: AttentionOptions,
): tf.Tensor2D {
  if ('groups' in plan) return attentionInGroups(q, k, v, plan, options);
  const { heads, dropoutRate: rate, dropoutStream: stream } = options;
  const dropout = stream !== null && rate > 0 ? { rate, stream } : null;
  return packedAttention(q, k, v, plan.offsets, { heads, dropout });
}

function attentionInGroups(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  plan: GroupedPlan,
  options: AttentionOptions,
): tf.Tensor2D {
  const hidden = q.shape[1];
  const scale = 1 / Math.sqrt(hidden / options.heads);
  const run = tf.customGrad((...args) => {
    const [query, key, value] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const save = args[3] as unknown as tf.GradSaveFunc;
    const scaled: tf.Tensor2D = tf.mul(query, scale);
    const results = plan.groups.map((group) => attendGroup(group, [scaled, key, value], options));
    const traces = results.map(({ trace }) => trace);
    save(traceTensors(traces));
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      tf.tidy(() => {
        const needsZeros = plan.groups.some(({ padding }) => padding !== null);
        const rows = dy as tf.Tensor2D;
        const source = needsZeros ? tf.concat2d([rows, tf.zeros([1, hidden])], 0) : rows;
        const parts = withTensors(traces, saved).map((trace, i) =>
          attendGroupBackward(plan.groups[i], source, trace, options.heads),
        );
        const [dScaled, dKey, dValue] = [0, 1, 2].map((input) => stackRows(parts.map((part) => part[input])));
        return [tf.mul(dScaled, scale), dKey, dValue];
      });
    return { value: stackRows(results.map(({ context }) => context)), gradFunc };
  });
  return run(q, k, v) as tf.Tensor2D;
}
