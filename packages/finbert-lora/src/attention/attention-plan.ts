import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from '../config/bert-config.js';
import type { PackedBatch } from '../tokenizer/packed-batch.js';
import type { PaddedBatch } from '../tokenizer/padded-batch.js';
import type { GroupCosts } from './plan-groups.js';
import { planGroups } from './plan-groups.js';

/** Added to the score of a padding key: its weight underflows to exactly 0, and nothing becomes infinite. */
const MASKED_SCORE = -1e9;

/**
 * What grouping costs on native TensorFlow, in units of one attention weight of one head, forward and backward: found by trying
 * on real headlines with MiniLM's shape on two cores, where three or four groups to a batch of 32 took a fifth less time than one
 * per length (about 20) or one in all. Only speed and rounding depend on them.
 */
const COSTS = { perGroup: 48_000, perWeightOfHead: 1, perHiddenUnitOfPaddedToken: 0.6 };

/** Costs of grouping for a model's shape. */
export function groupCosts({
  hiddenSize,
  numAttentionHeads,
}: Pick<BertConfig, 'hiddenSize' | 'numAttentionHeads'>): GroupCosts {
  return {
    perGroup: COSTS.perGroup,
    perWeight: COSTS.perWeightOfHead * numAttentionHeads,
    perPaddedToken: COSTS.perHiddenUnitOfPaddedToken * hiddenSize,
  };
}

/** Sequences whose attention is computed in one go. */
export interface AttentionGroup {
  readonly count: number;
  readonly length: number;
  /** First of its rows among the batch's tokens, and how many there are. */
  readonly start: number;
  readonly rows: number;
  /** Row numbers that turn its tokens into `count` times `length` rows and back; null where they are that already. */
  readonly padding: GroupPadding | null;
  /** [count, 1, 1, length]: added to scores; null where every key is a token. */
  readonly keyMask: tf.Tensor4D | null;
}

/** Row numbers between tokens laid end to end and a padded rectangle. */
export interface GroupPadding {
  /** [count · length]: the token of each place; padding repeats the sequence's first token. */
  readonly toPadded: tf.Tensor1D;
  /** [count · length]: the same, with padding pointing to the row behind the last token, for gradients: zeros. */
  readonly toPaddedOrZero: tf.Tensor1D;
  /** [rows]: the place of each token. */
  readonly toPacked: tf.Tensor1D;
}

/** Attention group by group. Holds tensors: make it inside the `tf.tidy` of the forward pass. */
export interface GroupedPlan {
  readonly groups: readonly AttentionGroup[];
}

/** Attention as one fused op over sequences that lie end to end. */
export interface FusedPlan {
  /** [n + 1]: where each sequence begins, and the number of tokens. */
  readonly offsets: Int32Array;
}

/** How attention walks over the tokens of one batch. */
export type AttentionPlan = GroupedPlan | FusedPlan;

/** Sequences of equal or near length together; the costs decide how near. */
export function planPacked(batch: PackedBatch, costs: GroupCosts): GroupedPlan {
  const { offsets, size } = batch;
  const tokens = offsets[size];
  const lengths = Array.from({ length: size }, (_, k) => offsets[k + 1] - offsets[k]);
  const groups = planGroups(lengths, costs).map(({ first, count, length, uniform }): AttentionGroup => {
    const start = offsets[first];
    const shape = { count, length, start, rows: offsets[first + count] - start };
    if (uniform) return { ...shape, padding: null, keyMask: null };
    const toPadded = new Int32Array(count * length);
    const toPaddedOrZero = new Int32Array(count * length).fill(tokens);
    const toPacked = new Int32Array(shape.rows);
    const mask = new Float32Array(count * length).fill(MASKED_SCORE);
    for (let k = 0, place = 0; k < count; k++, place = k * length) {
      const begin = offsets[first + k];
      const end = offsets[first + k + 1];
      toPadded.fill(begin, place, place + length);
      for (let token = begin; token < end; token++, place++) {
        toPadded[place] = token;
        toPaddedOrZero[place] = token;
        toPacked[token - start] = place;
        mask[place] = 0;
      }
    }
    const padding = {
      toPadded: tf.tensor1d(toPadded, 'int32'),
      toPaddedOrZero: tf.tensor1d(toPaddedOrZero, 'int32'),
      toPacked: tf.tensor1d(toPacked, 'int32'),
    };
    return { ...shape, padding, keyMask: tf.tensor4d(mask, [count, 1, 1, length]) };
  });
  return { groups };
}

/** All sequences at once, padded as they are. */
export function planPadded(batch: PaddedBatch): GroupedPlan {
  const { size, length, attentionMask } = batch;
  const scores = Float32Array.from(attentionMask, (isToken) => (isToken ? 0 : MASKED_SCORE));
  const keyMask = tf.tensor4d(scores, [size, 1, 1, length]);
  return { groups: [{ count: size, length, start: 0, rows: size * length, padding: null, keyMask }] };
}
