import { dropout } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { PackedAttentionOptions } from '../inputs/packed-attention-inputs.js';
import { packedAttentionInputs } from '../inputs/packed-attention-inputs.js';

/** Added to the score of a key that is no token: its weight underflows to exactly 0, and nothing becomes infinite. */
const NO_SCORE = -1e9;

/**
 * The twin of the fused attention: ordinary ops, whose gradients tfjs derives. All sequences at once, padded to the longest, so it
 * computes more the more their lengths differ.
 */
export function packedAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  offsets: Int32Array,
  options: PackedAttentionOptions,
): tf.Tensor2D {
  const { heads, scale, dropout: drop, longest } = packedAttentionInputs(q, k, v, offsets, options);
  const [tokens, hidden] = q.shape;
  const count = offsets.length - 1;
  return tf.tidy(() => {
    if (tokens === 0 || hidden === 0) return tf.addN([q, k, v]);
    const { toPadded, toPacked, mask } = padding(offsets, longest);
    const split = (x: tf.Tensor2D) => {
      const padded = tf.reshape(tf.gather(x, toPadded), [count, longest, heads, hidden / heads]);
      return tf.transpose(padded, [0, 2, 1, 3]); // [count, heads, longest, headDim]
    };
    const scores = tf.matMul(split(tf.mul(q, scale)), split(k), false, true); // [count, heads, longest, longest]
    const weights = tf.softmax(tf.add(scores, mask));
    const kept = drop && drop.rate > 0 ? dropout(weights, drop.rate, drop.stream) : weights;
    const context = tf.transpose(tf.matMul(kept, split(v)), [0, 2, 1, 3]);
    return tf.gather(tf.reshape<tf.Rank.R2>(context, [count * longest, hidden]), toPacked);
  });
}

interface Padding {
  /** [count * longest]: the token of each place; behind a sequence's end any token will do. */
  readonly toPadded: tf.Tensor1D;
  /** [tokens]: the place of each token. */
  readonly toPacked: tf.Tensor1D;
  /** [count, 1, 1, longest]: added to scores. */
  readonly mask: tf.Tensor4D;
}

function padding(offsets: Int32Array, longest: number): Padding {
  const count = offsets.length - 1;
  const toPadded = new Int32Array(count * longest);
  const toPacked = new Int32Array(offsets[count]);
  const mask = new Float32Array(count * longest).fill(NO_SCORE);
  for (let sequence = 0; sequence < count; sequence++) {
    for (let token = offsets[sequence]; token < offsets[sequence + 1]; token++) {
      const place = sequence * longest + token - offsets[sequence];
      toPadded[place] = token;
      toPacked[token] = place;
      mask[place] = 0;
    }
  }
  return {
    toPadded: tf.tensor1d(toPadded, 'int32'),
    toPacked: tf.tensor1d(toPacked, 'int32'),
    mask: tf.tensor4d(mask, [count, 1, 1, longest]),
  };
}
