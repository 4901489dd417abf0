import type { RandomStream } from '@fin/runtime';
import { dropout } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionGroup } from './attention-plan.js';
import { mergeHeads, splitHeads } from './head-layout.js';

/** Settings of attention. */
export interface AttentionOptions {
  readonly heads: number;
  /** Share of attention weights dropped; 0 outside training. */
  readonly dropoutRate: number;
  /** Decides which; null where none is. */
  readonly dropoutStream: RandomStream | null;
}

/** What the backward pass needs of one group. */
export interface GroupTrace {
  /** [count, heads, length, headDim]; the query is scaled already. */
  readonly query: tf.Tensor4D;
  readonly key: tf.Tensor4D;
  readonly value: tf.Tensor4D;
  /** [count, heads, length, length], before dropout */
  readonly weights: tf.Tensor4D;
  /** What dropout multiplied the weights by; null where nothing was dropped. */
  readonly kept: tf.Tensor4D | null;
  readonly toPaddedOrZero: tf.Tensor1D | null;
  readonly toPacked: tf.Tensor1D | null;
}

/** Attention of one group. The query is [tokens, hidden], scaled already; key and value have its shape. */
export function attendGroup(
  group: AttentionGroup,
  [query, key, value]: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
  { heads, dropoutRate, dropoutStream }: AttentionOptions,
): { context: tf.Tensor2D; trace: GroupTrace } {
  const toPadded = group.padding?.toPadded ?? null;
  const q = splitHeads(query, group, heads, toPadded);
  const k = splitHeads(key, group, heads, toPadded);
  const v = splitHeads(value, group, heads, toPadded);
  const scores: tf.Tensor4D = tf.matMul(q, k, false, true); // [count, heads, length, length]
  const weights: tf.Tensor4D = tf.softmax(
    group.keyMask ? tf.add<tf.Tensor4D>(scores, group.keyMask) : scores,
  );
  const drops = dropoutRate > 0 && dropoutStream !== null;
  const kept = drops ? (dropout(tf.onesLike(weights), dropoutRate, dropoutStream) as tf.Tensor4D) : null;
  const context: tf.Tensor4D = tf.matMul(kept ? tf.mul<tf.Tensor4D>(weights, kept) : weights, v);
  const toPacked = group.padding?.toPacked ?? null;
  const toPaddedOrZero = group.padding?.toPaddedOrZero ?? null;
  return {
    context: mergeHeads(context, toPacked),
    trace: { query: q, key: k, value: v, weights, kept, toPaddedOrZero, toPacked },
  };
}

/**
 * Gradients of one group with regard to its scaled query, key and value rows.
 *
 * @param dy [tokens, hidden], or [tokens + 1, hidden] with a last row of zeros, which padding points to
 */
export function attendGroupBackward(
  group: AttentionGroup,
  dy: tf.Tensor2D,
  trace: GroupTrace,
  heads: number,
): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] {
  const { query, key, value, weights, kept, toPaddedOrZero, toPacked } = trace;
  const dContext = splitHeads(dy, group, heads, toPaddedOrZero);
  const dropped = kept ? tf.mul<tf.Tensor4D>(weights, kept) : weights;
  const dValue: tf.Tensor4D = tf.matMul(dropped, dContext, true, false);
  const dDropped: tf.Tensor4D = tf.matMul(dContext, value, false, true);
  const dWeights = kept ? tf.mul<tf.Tensor4D>(dDropped, kept) : dDropped;
  const projection = tf.sum(tf.mul(dWeights, weights), -1, true); // [count, heads, length, 1]
  const dScores: tf.Tensor4D = tf.mul(weights, tf.sub<tf.Tensor4D>(dWeights, projection));
  return [
    mergeHeads(tf.matMul<tf.Tensor4D>(dScores, key), toPacked),
    mergeHeads(tf.matMul<tf.Tensor4D>(dScores, query, true, false), toPacked),
    mergeHeads(dValue, toPacked),
  ];
}

/** The tensors of traces, one after the other. */
export function traceTensors(traces: readonly GroupTrace[]): tf.Tensor[] {
  return traces.flatMap((trace) => Object.values(trace).filter((tensor) => tensor !== null) as tf.Tensor[]);
}

/** Traces of the same shape with other tensors in place of theirs, in the order of {@link traceTensors}. */
export function withTensors(traces: readonly GroupTrace[], tensors: readonly tf.Tensor[]): GroupTrace[] {
  const rest = tensors.values();
  return traces.map((trace) => {
    const entries = Object.entries(trace).map(([name, tensor]) => [
      name,
      tensor === null ? null : rest.next().value,
    ]);
    return Object.fromEntries(entries) as GroupTrace;
  });
}
