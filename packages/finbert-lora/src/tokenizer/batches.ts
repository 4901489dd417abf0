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
  /** [n + 1]: sequence k holds the tokens from `offsets[k]` up to `offsets[k + 1]`. */
  readonly offsets: Int32Array;
  /** [n]: sequence k belongs to text `order[k]`. */
  readonly order: Int32Array;
}

/**
 * Packs token ids of single texts (token type 0), such as the results of `BertTokenizer.encode`. Equal lengths keep their order.
 */
export function packSequences(sequences: readonly Int32Array[]): PackedBatch {
  const order = Int32Array.from(sequences.keys()).sort(
    (a, b) => sequences[a].length - sequences[b].length || a - b,
  );
  const offsets = new Int32Array(sequences.length + 1);
  order.forEach((text, k) => {
    offsets[k + 1] = offsets[k] + sequences[text].length;
  });
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
  /** [n, L]: 1 for a token, 0 for padding */
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
