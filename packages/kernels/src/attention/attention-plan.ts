import type { DrawnRows } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { expectInput } from '../errors.js';
import { usesFusedOps } from '../state.js';
import type { GroupCosts } from './plan-groups.js';
import { groupCosts, planGroups } from './plan-groups.js';

/** Added to the score of a padding key: its weight underflows to exactly 0, without infinities. */
const MASKED_SCORE = -1e9;

/** Sequences whose attention the composed twin computes together, padded to the longest of them. */
export interface AttentionGroup {
  /** First sequence. */
  readonly first: number;
  /** Number of sequences. */
  readonly count: number;
  /** Tokens of the longest. */
  readonly length: number;
  /** First row of the group, and its number of rows. */
  readonly start: number;
  readonly rows: number;
  /** Row numbers that turn its rows into `count` times `length` rows and back; null if they already are. */
  readonly padding: GroupPadding | null;
  /** [count, 1, 1, length], added to the scores; null if every key is a token. */
  readonly keyMask: tf.Tensor4D | null;
}

/** Row numbers that map packed rows to a padded rectangle and back. */
export interface GroupPadding {
  /** `[count · length]`: the row at each place. Padding repeats the sequence's first row. */
  readonly toPadded: tf.Tensor1D;
  /** `[count · length]`: the same, but padding points one past the last row. For gradients, where that row is zero. */
  readonly toPaddedOrZero: tf.Tensor1D;
  /** `[rows]`: the place of each row. */
  readonly toPacked: tf.Tensor1D;
}

/** Place of sequences in a larger batch, whose dropout masks they get. */
export interface BatchPart {
  /** Numbers of the tokens in the larger batch. */
  readonly tokens: DrawnRows;
  /** Numbers of the sequences. */
  readonly sequences: DrawnRows;
  /** Tokens of the longest sequence of the larger batch. */
  readonly longest: number;
}

/** Plan of `packedAttention` for one batch. Holds tensors: create it in the `tf.tidy` of the forward pass. */
export interface AttentionPlan {
  /** Number of sequences. */
  readonly sequences: number;
  /** Tokens of the longest. */
  readonly longest: number;
  /** Number of rows. */
  readonly tokens: number;
  /** `[sequences + 1]`: the first row of each sequence, and the number of rows. Null for a padded batch. */
  readonly offsets: Int32Array | null;
  /** Groups of the composed twin; null if planned for the fused op. */
  readonly groups: readonly AttentionGroup[] | null;
  /** Place in a larger batch; null for a whole one. */
  readonly part: BatchPart | null;
}

/**
 * Plans the attention of a batch once, to be used by every layer: `packedAttention` accepts the plan in place of offsets.
 *
 * @param offsets `[sequences + 1]`: the first row of each sequence, and the number of rows. Sequences may be empty. The composed
 *   twin is fastest if neighbours are of similar length.
 * @param shape of the model; only the speed of the composed twin depends on it
 * @param part place in a larger batch, whose dropout masks the sequences get. @default a whole batch
 * @throws KernelInputError unless the offsets go from 0 to the number of tokens and do not decrease
 */
export function planAttention(
  offsets: Int32Array,
  shape: { readonly heads: number; readonly hidden: number },
  part: BatchPart | null = null,
): AttentionPlan {
  const plan = usesFusedOps()
    ? planOffsets(offsets, offsets[offsets.length - 1])
    : planGrouped(offsets, groupCosts(shape));
  if (part === null) return plan;
  const { tokens, sequences } = plan;
  const [rows, numbered] = [part.tokens.numbers.length, part.sequences.numbers.length];
  expectInput(
    rows === tokens && numbered === sequences,
    () =>
      `planAttention: the part has ${rows} tokens and ${numbered} sequences, and the offsets ${tokens} and ${sequences}`,
  );
  return { ...plan, part };
}

/**
 * Plans the attention of a padded batch, always composed. Padding rows attend to the sequence's tokens; nothing attends to them.
 *
 * @param attentionMask `[sequences · length]`: 1 for a token, 0 for padding
 */
export function planPaddedAttention(attentionMask: ArrayLike<number>, sequences: number): AttentionPlan {
  const tokens = attentionMask.length;
  const length = tokens / sequences;
  const scores = Float32Array.from(attentionMask, (isToken) => (isToken ? 0 : MASKED_SCORE));
  const keyMask = tf.tensor4d(scores, [sequences, 1, 1, length]);
  const group = { first: 0, count: sequences, length, start: 0, rows: tokens, padding: null, keyMask };
  return { sequences, longest: length, tokens, offsets: null, groups: [group], part: null };
}

/**
 * A plan without groups, for the fused op.
 *
 * @throws KernelInputError unless the offsets go from 0 to the number of tokens and do not decrease
 */
export function planOffsets(offsets: Int32Array, tokens: number): AttentionPlan {
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
  const sequences = offsets.length - 1;
  return { sequences, longest, tokens: offsets[sequences], offsets, groups: null, part: null };
}

/**
 * A plan with groups, for the composed twin.
 *
 * @throws KernelInputError unless the offsets go from 0 to the number of tokens and do not decrease
 */
export function planGrouped(offsets: Int32Array, costs: GroupCosts): AttentionPlan {
  const plan = planOffsets(offsets, offsets[offsets.length - 1]);
  const lengths = Array.from({ length: plan.sequences }, (_, k) => offsets[k + 1] - offsets[k]);
  const groups = planGroups(lengths, costs)
    .filter(({ length }) => length > 0)
    .map(({ first, count, length, uniform }): AttentionGroup => {
      const start = offsets[first];
      const shape = { first, count, length, start, rows: offsets[first + count] - start };
      if (uniform) return { ...shape, padding: null, keyMask: null };
      return { ...shape, ...padGroup(shape, offsets) };
    });
  return { ...plan, groups };
}

function padGroup(
  { first, count, length, start, rows }: Omit<AttentionGroup, 'padding' | 'keyMask'>,
  offsets: Int32Array,
): Pick<AttentionGroup, 'padding' | 'keyMask'> {
  const toPadded = new Int32Array(count * length).fill(start);
  const toPaddedOrZero = new Int32Array(count * length).fill(offsets[offsets.length - 1]);
  const toPacked = new Int32Array(rows);
  const mask = new Float32Array(count * length).fill(MASKED_SCORE);
  for (let k = 0; k < count; k++) {
    const [begin, end] = [offsets[first + k], offsets[first + k + 1]];
    // A sequence is padded with itself, so that a NaN stays in its sequence.
    if (begin < end) toPadded.fill(begin, k * length, (k + 1) * length);
    for (let row = begin, place = k * length; row < end; row++, place++) {
      toPadded[place] = row;
      toPaddedOrZero[place] = row;
      toPacked[row - start] = place;
      mask[place] = 0;
    }
  }
  const padding = {
    toPadded: tf.tensor1d(toPadded, 'int32'),
    toPaddedOrZero: tf.tensor1d(toPaddedOrZero, 'int32'),
    toPacked: tf.tensor1d(toPacked, 'int32'),
  };
  return { padding, keyMask: tf.tensor4d(mask, [count, 1, 1, length]) };
}
