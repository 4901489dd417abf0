/** Token sequences side by side in a rectangle, as PyTorch pipelines feed them: the slow twin of `PackedBatch`. */
export interface PaddedBatch {
  /** Number of sequences, n. */
  readonly size: number;
  /** Tokens per row, L: those of the longest sequence. */
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
