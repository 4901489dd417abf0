/**
 * Token sequences laid end to end, shortest first, without padding. Sequences of equal length are neighbours, so that each
 * length is one contiguous slice; whoever computes on the batch puts results back in the order of the texts with `order`.
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
  /** [n]: sequence k is that of text `order[k]`. */
  readonly order: Int32Array;
}

/** Packs token ids of single texts (token type 0), as `BertTokenizer.encode` gives them. Equal lengths keep their order. */
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
