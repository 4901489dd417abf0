import type { BatchPart } from '@fin/kernels';
import type { DrawnRows } from '@fin/runtime';

/** Place of texts in a larger batch. */
export interface TextsPart extends BatchPart {
  /** Numbers of the texts, in the order of the texts. */
  readonly texts: DrawnRows;
}

/**
 * Token sequences one after the other, shortest first, without padding. Sequences of equal length are neighbours, so each length
 * is one contiguous slice. `order` puts results back in the order of the texts.
 */
export interface PackedBatch {
  /** Number of sequences, n. */
  readonly size: number;
  /** [totalTokens] */
  readonly inputIds: Int32Array;
  /** [totalTokens], counted from 0 in each sequence */
  readonly positionIds: Int32Array;
  /** [totalTokens] */
  readonly tokenTypeIds: Int32Array;
  /** `[n + 1]`: sequence k holds the tokens from `offsets[k]` up to `offsets[k + 1]`. */
  readonly offsets: Int32Array;
  /** `[n]`: sequence k belongs to text `order[k]`. */
  readonly order: Int32Array;
  /** Place in a larger batch, whose dropout masks the texts get. @default a whole batch */
  readonly part?: TextsPart;
}

/** The larger batch of which some texts are a part. */
export interface WholeBatch {
  /** Tokens of each of its texts. */
  readonly lengths: ArrayLike<number>;
  /** Number of the part's first text in it; the others follow. */
  readonly first: number;
}

/**
 * Packs token ids of single texts (token type 0), such as the results of `BertTokenizer.encode`. Equal lengths keep their order.
 *
 * @param whole the larger batch of which the texts are a part: they get the dropout masks that they have in it. @default none
 */
export function packSequences(sequences: readonly Int32Array[], whole?: WholeBatch): PackedBatch {
  const { order, offsets } = arrange(sequences.map(({ length }) => length));
  const total = offsets[sequences.length];
  const inputIds = new Int32Array(total);
  const positionIds = new Int32Array(total);
  order.forEach((text, k) => {
    inputIds.set(sequences[text], offsets[k]);
    for (let at = offsets[k], position = 0; at < offsets[k + 1]; at++, position++) positionIds[at] = position;
  });
  return {
    size: sequences.length,
    inputIds,
    positionIds,
    tokenTypeIds: new Int32Array(total),
    offsets,
    order,
    ...(whole && { part: placeIn(whole, order) }),
  };
}

/** The order by length, and where each sequence begins. */
function arrange(lengths: ArrayLike<number>): Pick<PackedBatch, 'order' | 'offsets'> {
  const order = Int32Array.from({ length: lengths.length }, (_, text) => text).sort(
    (a, b) => lengths[a] - lengths[b] || a - b,
  );
  const offsets = new Int32Array(order.length + 1);
  order.forEach((text, k) => {
    offsets[k + 1] = offsets[k] + lengths[text];
  });
  return { order, offsets };
}

/** @param order of the part's sequences */
function placeIn({ lengths, first }: WholeBatch, order: Int32Array): TextsPart {
  const whole = arrange(lengths);
  const numberOf = new Int32Array(lengths.length);
  whole.order.forEach((text, k) => {
    numberOf[text] = k;
  });
  const sequences = order.map((text) => numberOf[first + text]);
  const tokens = [...sequences].flatMap((k) => {
    const begin = whole.offsets[k];
    return Array.from({ length: whole.offsets[k + 1] - begin }, (_, i) => begin + i);
  });
  return {
    texts: { numbers: Int32Array.from(order.keys(), (text) => first + text), of: lengths.length },
    sequences: { numbers: sequences, of: lengths.length },
    tokens: { numbers: Int32Array.from(tokens), of: whole.offsets[lengths.length] },
    longest: lengths[whole.order[lengths.length - 1]],
  };
}

/** Token sequences as rows of a rectangle, as PyTorch pipelines use them. Slower to compute on than `PackedBatch`. */
export interface PaddedBatch {
  /** Number of sequences, n. */
  readonly size: number;
  /** Tokens per row, L: the length of the longest sequence. */
  readonly length: number;
  /** [n, L] row-major */
  readonly inputIds: Int32Array;
  /** `[n, L]`: 1 for a token, 0 for padding */
  readonly attentionMask: Int32Array;
  /** [n, L] */
  readonly tokenTypeIds: Int32Array;
}

/** Pads token ids of single texts to the longest, on the right. */
export function padSequences(sequences: readonly Int32Array[], padTokenId: number): PaddedBatch {
  const size = sequences.length;
  const length = sequences.reduce((longest, ids) => Math.max(longest, ids.length), 0);
  const inputIds = new Int32Array(size * length).fill(padTokenId);
  const attentionMask = new Int32Array(size * length);
  sequences.forEach((ids, row) => {
    inputIds.set(ids, row * length);
    attentionMask.fill(1, row * length, row * length + ids.length);
  });
  return { size, length, inputIds, attentionMask, tokenTypeIds: new Int32Array(size * length) };
}
