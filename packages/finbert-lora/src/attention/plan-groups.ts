/** Neighbouring sequences of a packed batch on which attention is computed together, padded to the longest of them. */
export interface SequenceGroup {
  /** First sequence. */
  readonly first: number;
  /** Number of sequences. */
  readonly count: number;
  /** Tokens of its longest sequence. */
  readonly length: number;
  /** Whether all its sequences have that length, so that nothing is padded. */
  readonly uniform: boolean;
}

/** What a group costs, in any unit. */
export interface GroupCosts {
  /** For being a group: its op calls. */
  readonly perGroup: number;
  /** For each attention weight, count · length². */
  readonly perWeight: number;
  /** For each token, padding included, of a group that must be padded. */
  readonly perPaddedToken: number;
}

/**
 * Cuts a batch into groups at the least cost. One group per length computes nothing in vain but calls many small ops; one
 * group in all calls few and pads most.
 *
 * @param lengths tokens of each sequence, ascending
 */
export function planGroups(lengths: readonly number[], costs: GroupCosts): SequenceGroup[] {
  const ends = lengths.flatMap((length, i) => (length === lengths[i + 1] ? [] : [i + 1])); // behind each run of one length
  const best = [{ cost: 0, from: 0 }]; // best[j]: the cheapest cut of the first j runs, and where its last group begins
  for (let to = 1; to <= ends.length; to++) {
    let cheapest = { cost: Number.POSITIVE_INFINITY, from: 0 };
    for (let from = 0; from < to; from++) {
      const count = ends[to - 1] - (ends[from - 1] ?? 0);
      const cost = best[from].cost + groupCost(count, lengths[ends[to - 1] - 1], to - from === 1, costs);
      if (cost < cheapest.cost) cheapest = { cost, from };
    }
    best.push(cheapest);
  }
  const groups: SequenceGroup[] = [];
  for (let to = ends.length; to > 0; to = best[to].from) {
    const first = ends[best[to].from - 1] ?? 0;
    const end = ends[to - 1];
    groups.unshift({
      first,
      count: end - first,
      length: lengths[end - 1],
      uniform: to - best[to].from === 1,
    });
  }
  return groups;
}

function groupCost(count: number, length: number, uniform: boolean, costs: GroupCosts): number {
  const padding = uniform ? 0 : costs.perPaddedToken * count * length;
  return costs.perGroup + costs.perWeight * count * length * length + padding;
}
