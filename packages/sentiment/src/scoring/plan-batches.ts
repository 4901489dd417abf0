/**
 * Groups sequences for forward passes: the longest first, so that a machine whose memory does not suffice fails at once,
 * neighbours of near-equal length together, and at most `tokens` tokens in a batch.
 *
 * @param lengths tokens of each sequence
 * @returns indices of the sequences of each batch; a sequence longer than the budget is a batch by itself
 */
export function planBatches(lengths: readonly number[], tokens: number): number[][] {
  const order = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a] || a - b);
  const batches: number[][] = [];
  let room = 0;
  for (const index of order) {
    if (lengths[index] > room) {
      batches.push([]);
      room = tokens;
    }
    batches[batches.length - 1].push(index);
    room -= lengths[index];
  }
  return batches;
}
