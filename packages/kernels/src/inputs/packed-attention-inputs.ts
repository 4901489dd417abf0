import type * as tf from '@tensorflow/tfjs-core';
import { expectInput } from '../errors.js';
import type { DropoutOptions } from './dropout-options.js';
import { checkDropout } from './dropout-options.js';

export interface PackedAttentionOptions {
  /** Number of heads; divides the columns of q. */
  readonly heads: number;
  /** Factor of the scores. @default 1 / √(columns / heads) */
  readonly scale?: number;
  /**
   * Applied to the attention weights, as one draw of the shape [sequences, heads, longest, longest] where `longest` is the length
   * of the longest sequence. @default none
   */
  readonly dropout?: DropoutOptions | null;
}

/** What attention is computed from, checked. */
export interface PackedAttentionInputs extends Required<PackedAttentionOptions> {
  readonly q: tf.Tensor2D;
  readonly k: tf.Tensor2D;
  readonly v: tf.Tensor2D;
  readonly offsets: Int32Array;
  /** Tokens of the longest sequence. */
  readonly longest: number;
}

/** Fills in what was left out and checks that everything fits. */
export function packedAttentionInputs(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  offsets: Int32Array,
  { heads, scale, dropout = null }: PackedAttentionOptions,
): PackedAttentionInputs {
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
  const longest = longestSequence(offsets, tokens);
  return { q, k, v, offsets, heads, scale: scale ?? 1 / Math.sqrt(columns / heads), dropout, longest };
}

function longestSequence(offsets: Int32Array, tokens: number): number {
  expectInput(
    offsets instanceof Int32Array && offsets[0] === 0 && offsets.at(-1) === tokens,
    () => `packedAttention: offsets must be an Int32Array from 0 to the number of tokens, ${tokens}`,
  );
  let longest = 0;
  for (let i = 1; i < offsets.length; i++) {
    const length = offsets[i] - offsets[i - 1];
    expectInput(
      length >= 0,
      () => `packedAttention: offsets must not decrease, as from ${offsets[i - 1]} to ${offsets[i]}`,
    );
    longest = Math.max(longest, length);
  }
  return longest;
}
