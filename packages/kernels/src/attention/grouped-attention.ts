import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from '../differentiable.js';
import type { DropoutOptions } from '../dropout.js';
import { gatherRows } from '../rows.js';
import type { AttentionGroup, AttentionPlan } from './attention-plan.js';

/** Settings of {@link groupedAttention}. */
export interface GroupedAttentionOptions {
  readonly heads: number;
  readonly scale: number;
  readonly dropout: DropoutOptions | null;
}

/** Tensors of one group that the backward pass needs. */
interface GroupTrace {
  /** [count, heads, length, headDim]; the query is scaled already. */
  readonly query: tf.Tensor4D;
  readonly key: tf.Tensor4D;
  readonly value: tf.Tensor4D;
  /** [count, heads, length, length], before dropout */
  readonly weights: tf.Tensor4D;
  /** Factor of each weight by dropout; null without dropout. */
  readonly kept: tf.Tensor4D | null;
  readonly toPaddedOrZero: tf.Tensor1D | null;
  readonly toPacked: tf.Tensor1D | null;
}

/**
 * Attention composed of ordinary ops, group by group, with a hand-written backward pass: one op on the tape, however many groups
 * there are.
 *
 * @param q [tokens, hidden], as `k` and `v`
 * @returns [tokens, hidden]
 */
export function groupedAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  plan: AttentionPlan & { readonly groups: readonly AttentionGroup[] },
  { heads, scale, dropout }: GroupedAttentionOptions,
): tf.Tensor2D {
  const hidden = q.shape[1];
  const { groups } = plan;
  const drawn =
    dropout && dropout.rate > 0 ? { rate: dropout.rate, numbers: drawWeights(plan, heads, dropout) } : null;
  let traces: readonly GroupTrace[] = [];
  return differentiable({
    inputs: { q, k, v },
    forward: (save) => {
      const scaled: tf.Tensor2D = tf.mul(q, scale);
      const results = groups.map((group) => attendGroup(group, [scaled, k, v], heads, drawn));
      traces = results.map(({ trace }) => trace);
      save(traceTensors(traces));
      return stackRows(results.map(({ context }) => context));
    },
    gradients: (dy, saved) => {
      const [dScaled, dKey, dValue] = tf.tidy(() => {
        const needsZeros = groups.some(({ padding }) => padding !== null);
        const rows = dy as tf.Tensor2D;
        const source = needsZeros ? tf.concat2d([rows, tf.zeros([1, hidden])], 0) : rows;
        const parts = withTensors(traces, saved).map((trace, i) =>
          attendGroupBackward(groups[i], source, trace, heads),
        );
        return [0, 1, 2].map((input) => stackRows(parts.map((part) => part[input])));
      });
      return { q: () => tf.mul(dScaled, scale), k: () => dKey, v: () => dValue };
    },
  }) as tf.Tensor2D;
}

/** One draw for the whole batch, as the fused op makes it: [sequences, heads, longest, longest]. */
function drawWeights(plan: AttentionPlan, heads: number, { stream }: DropoutOptions): tf.Tensor4D {
  const { part, sequences, longest } = plan;
  if (!part) return stream.uniform([sequences, heads, longest, longest]);
  const whole = stream.uniform([part.sequences.of, heads, part.longest, part.longest]);
  return tf.gather(whole, tf.tensor1d(part.sequences.numbers, 'int32'));
}

/** Uniform numbers that decide which attention weights are dropped. */
interface Drawn {
  readonly rate: number;
  /** [sequences, heads, longest, longest] */
  readonly numbers: tf.Tensor;
}

/** Factors by which inverted dropout multiplies the weights of one group. */
function dropoutFactors({ first, count, length }: AttentionGroup, heads: number, drawn: Drawn): tf.Tensor4D {
  const { rate, numbers } = drawn;
  const own = tf.slice4d(numbers as tf.Tensor4D, [first, 0, 0, 0], [count, heads, length, length]);
  return tf.mul(tf.cast(tf.greaterEqual<tf.Tensor4D>(own, rate), 'float32'), 1 / (1 - rate));
}

/** Attention of one group over queries that are scaled already. */
function attendGroup(
  group: AttentionGroup,
  [query, key, value]: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
  heads: number,
  drawn: Drawn | null,
): { context: tf.Tensor2D; trace: GroupTrace } {
  const toPadded = group.padding?.toPadded ?? null;
  const q = splitHeads(query, group, heads, toPadded);
  const k = splitHeads(key, group, heads, toPadded);
  const v = splitHeads(value, group, heads, toPadded);
  const scores: tf.Tensor4D = tf.matMul(q, k, false, true); // [count, heads, length, length]
  const weights: tf.Tensor4D = tf.softmax(
    group.keyMask ? tf.add<tf.Tensor4D>(scores, group.keyMask) : scores,
  );
  const kept = drawn && dropoutFactors(group, heads, drawn);
  const context: tf.Tensor4D = tf.matMul(kept ? tf.mul<tf.Tensor4D>(weights, kept) : weights, v);
  const toPacked = group.padding?.toPacked ?? null;
  const toPaddedOrZero = group.padding?.toPaddedOrZero ?? null;
  return {
    context: mergeHeads(context, toPacked),
    trace: { query: q, key: k, value: v, weights, kept, toPaddedOrZero, toPacked },
  };
}

/**
 * Gradients of one group's scaled query, key and value rows.
 *
 * @param dy [tokens, hidden], or [tokens + 1, hidden] with a last row of zeros, where padding points
 */
function attendGroupBackward(
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

/** The tensors of all traces in a fixed order. */
function traceTensors(traces: readonly GroupTrace[]): tf.Tensor[] {
  return traces.flatMap((trace) => Object.values(trace).filter((tensor) => tensor !== null) as tf.Tensor[]);
}

/** The traces with their tensors replaced, in the order of {@link traceTensors}. */
function withTensors(traces: readonly GroupTrace[], tensors: readonly tf.Tensor[]): GroupTrace[] {
  const rest = tensors.values();
  return traces.map((trace) => {
    const entries = Object.entries(trace).map(([name, tensor]) => [
      name,
      tensor === null ? null : rest.next().value,
    ]);
    return Object.fromEntries(entries) as GroupTrace;
  });
}

/**
 * Splits a group's rows into heads.
 *
 * @param x [tokens, hidden]
 * @param rows row numbers that pad the group; null if its rows are a rectangle already
 * @returns [count, heads, length, headDim]
 */
function splitHeads(
  x: tf.Tensor2D,
  { count, length, start, rows: size }: AttentionGroup,
  heads: number,
  rows: tf.Tensor1D | null,
): tf.Tensor4D {
  const hidden = x.shape[1];
  const whole = x.shape[0] === size;
  const own = rows ? gatherRows(x, rows) : whole ? x : tf.slice2d(x, [start, 0], [size, hidden]); // [count * length, hidden]
  return tf.transpose(tf.reshape(own, [count, length, heads, hidden / heads]), [0, 2, 1, 3]);
}

/**
 * Inverse of {@link splitHeads}.
 *
 * @param x [count, heads, length, headDim]
 * @param rows place of each row; null if every place is a row
 * @returns [rows, hidden]
 */
function mergeHeads(x: tf.Tensor4D, rows: tf.Tensor1D | null): tf.Tensor2D {
  const [count, heads, length, headDim] = x.shape;
  const merged = tf.reshape<tf.Rank.R2>(tf.transpose(x, [0, 2, 1, 3]), [count * length, heads * headDim]);
  return rows ? gatherRows(merged, rows) : merged;
}

function stackRows(parts: tf.Tensor2D[]): tf.Tensor2D {
  return parts.length === 1 ? parts[0] : tf.concat2d(parts, 0);
}
