/** Neighbouring sequences that attention handles together, padded to the longest of them. */
export interface SequenceGroup {
  /** First sequence. */
  readonly first: number;
  /** Number of sequences. */
  readonly count: number;
  /** Tokens of the longest. */
  readonly length: number;
  /** Whether all have that length, so that nothing is padded. */
  readonly uniform: boolean;
}

/** Cost model to choose the groups: the time for the parts of a group, in any common unit. */
export interface GroupCosts {
  /** Per group, for its op calls. */
  readonly perGroup: number;
  /** Per attention weight; a group has count · length². */
  readonly perWeight: number;
  /** Per row of a padded group, padding included. */
  readonly perPaddedToken: number;
}

/**
 * Costs on native TensorFlow, in units of one attention weight of one head, forward and backward. Measured on real headlines
 * with MiniLM's shape on two cores: three or four groups per batch of 32 took a fifth less time than one group per length (about
 * 20) or one in all. Affects speed and rounding only.
 */
const COSTS = { perGroup: 48_000, perWeightOfHead: 1, perHiddenUnitOfPaddedToken: 0.6 };

/** Costs for a model's shape. */
export function groupCosts({ heads, hidden }: { heads: number; hidden: number }): GroupCosts {
  return {
    perGroup: COSTS.perGroup,
    perWeight: COSTS.perWeightOfHead * heads,
    perPaddedToken: COSTS.perHiddenUnitOfPaddedToken * hidden,
  };
}

/**
 * Cuts a batch into groups at the least total cost. One group per length wastes no arithmetic but needs many small op calls; one
 * group in all needs few calls and pads most. Sequences of equal length that are neighbours stay together.
 *
 * @param lengths tokens of each sequence
 */
export function planGroups(lengths: readonly number[], costs: GroupCosts): SequenceGroup[] {
  const ends = lengths.flatMap((length, i) => (length === lengths[i + 1] ? [] : [i + 1])); // end of each run of one length
  const best = [{ cost: 0, from: 0, length: 0 }]; // best[j]: the cheapest cut of the first j runs, and its last group
  for (let to = 1; to <= ends.length; to++) {
    let cheapest = { cost: Number.POSITIVE_INFINITY, from: 0, length: 0 };
    let length = 0;
    for (let from = to - 1; from >= 0; from--) {
      length = Math.max(length, lengths[ends[from] - 1]);
      const count = ends[to - 1] - (ends[from - 1] ?? 0);
      const cost = best[from].cost + groupCost(count, length, to - from === 1, costs);
      if (cost <= cheapest.cost) cheapest = { cost, from, length };
    }
    best.push(cheapest);
  }
  const groups: SequenceGroup[] = [];
  for (let to = ends.length; to > 0; to = best[to].from) {
    const { from, length } = best[to];
    const first = ends[from - 1] ?? 0;
    groups.unshift({ first, count: ends[to - 1] - first, length, uniform: to - from === 1 });
  }
  return groups;
}

function groupCost(count: number, length: number, uniform: boolean, costs: GroupCosts): number {
  const padding = uniform ? 0 : costs.perPaddedToken * count * length;
  return costs.perGroup + costs.perWeight * count * length * length + padding;
}
