import * as tf from '@tensorflow/tfjs-core';
import { hasNativeOps } from '../backend/node-backend.js';
import { attr } from '../dispatch/attributes.js';
import { nativeDType } from '../raw/native-dtype.js';
import { rawOp } from '../raw/raw-op.js';
import type { RandomStream } from './random-streams.js';

/** The rows of x among the rows of a larger draw: a part of a batch that is given them gets the masks that it has in the whole batch. */
export interface DrawnRows {
  /** Number of each row of x in the draw. A row is everything along the last axis. */
  readonly numbers: Int32Array;
  /** Rows of the draw. */
  readonly of: number;
}

/**
 * Inverted dropout: each element becomes 0 with probability `rate`, and the others are scaled by 1 / (1 - rate), so that the mean
 * is kept. Differentiable. One draw from `stream` selects the elements, the same ones on every backend. The backward pass keeps
 * one byte per element.
 *
 * @param x any shape, floating dtype
 * @param rate in [0, 1); 0 returns a copy and draws nothing
 * @param rows of a draw for a larger tensor that are used; without them the draw has the shape of x
 * @returns a tensor with the shape and dtype of `x`
 */
export function dropout<T extends tf.Tensor>(
  x: T,
  rate: number,
  stream: RandomStream,
  rows: DrawnRows | null = null,
): T {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`a dropout rate must be in [0, 1), not ${rate}`);
  if (rate === 0) return tf.clone(x);
  const scale = 1 / (1 - rate);
  return tf.tidy(() => {
    const kept = tf.greaterEqual(rows ? drawnRows(x.shape, stream, rows) : stream.uniform(x.shape), rate);
    const differentiable = tf.customGrad((input, save) => {
      (save as tf.GradSaveFunc)([kept]);
      return {
        value: masked(input as tf.Tensor, kept, scale),
        gradFunc: (dy: tf.Tensor, [mask]: tf.Tensor[]) => masked(dy, mask!, scale),
      };
    });
    return differentiable(x) as T;
  });
}

/** The numbers of these rows. */
function drawnRows(shape: number[], stream: RandomStream, { numbers, of }: DrawnRows): tf.Tensor {
  const whole = stream.uniform([of, shape.at(-1) ?? 1]);
  return tf.reshape(tf.gather(whole, tf.tensor1d(numbers, 'int32')), shape);
}

/** `x` times `scale` where kept, 0 elsewhere. */
function masked(x: tf.Tensor, kept: tf.Tensor, scale: number): tf.Tensor {
  const scaled = tf.mul(x, scale);
  if (!hasNativeOps()) return tf.where(kept, scaled, tf.zerosLike(scaled));
  // TensorFlow's op takes a scalar 0, where tfjs would first blow it up to the whole shape.
  const zero = tf.scalar(0);
  const dtype = nativeDType(scaled);
  return rawOp('SelectV2', [kept, scaled, zero], { T: attr.type(dtype) })[0]!;
}
