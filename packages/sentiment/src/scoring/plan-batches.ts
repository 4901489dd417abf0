/**
 * Groups sequences into batches of at most `tokens` tokens, sorted by length: the composed attention pads less then, and the encoder op
 * of @fin/kernels is as fast in any order. The longest come first, so that a machine with too little memory fails early.
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
