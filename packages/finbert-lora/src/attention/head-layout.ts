import * as tf from '@tensorflow/tfjs-core';
import { gatherRows } from '../ops/gather-rows.js';
import type { AttentionGroup } from './attention-plan.js';

/**
 * A group's rows, cut into heads.
 *
 * @param x [tokens, hidden]
 * @param rows row numbers to pad with, null where the group's rows are a rectangle already
 * @returns [count, heads, length, headDim]
 */
export function splitHeads(
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
 * The way back.
 *
 * @param x [count, heads, length, headDim]
 * @param rows place of each of the group's tokens, null where every place is a token
 * @returns [rows, hidden]
 */
export function mergeHeads(x: tf.Tensor4D, rows: tf.Tensor1D | null): tf.Tensor2D {
  const [count, heads, length, headDim] = x.shape;
  const merged = tf.reshape<tf.Rank.R2>(tf.transpose(x, [0, 2, 1, 3]), [count * length, heads * headDim]);
  return rows ? gatherRows(merged, rows) : merged;
}

/** Rows of all groups under one another. */
export function stackRows(parts: tf.Tensor2D[]): tf.Tensor2D {
  return parts.length === 1 ? parts[0] : tf.concat2d(parts, 0);
}
