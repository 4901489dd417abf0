import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupCosts, SequenceGroup } from '../../src/attention/plan-groups.js';
import { planGroups } from '../../src/attention/plan-groups.js';

const cost = (groups: readonly SequenceGroup[], costs: GroupCosts) =>
  groups.reduce(
    (sum, { count, length, uniform }) =>
      sum +
      costs.perGroup +
      costs.perWeight * count * length ** 2 +
      (uniform ? 0 : costs.perPaddedToken * count * length),
    0,
  );

/** Every way to cut runs of equal length into groups. */
function everyCut(lengths: readonly number[]): SequenceGroup[][] {
  const runEnds = lengths.flatMap((length, i) => (length === lengths[i + 1] ? [] : [i + 1]));
  return Array.from({ length: 2 ** (runEnds.length - 1) }, (_, bits) => {
    const ends = runEnds.filter((_, run) => run === runEnds.length - 1 || bits & (1 << run));
    return ends.map((end, i) => {
      const first = ends[i - 1] ?? 0;
      const own = lengths.slice(first, end);
      const uniform = own.every((length) => length === own[0]);
      return { first, count: end - first, length: Math.max(...own), uniform };
    });
  });
}

describe('planGroups', () => {
  it('takes one group per length where padding costs most, one in all where groups do', () => {
    const lengths = [2, 2, 5, 9];
    expect(planGroups(lengths, { perGroup: 0, perWeight: 1, perPaddedToken: 0 })).toEqual([
      { first: 0, count: 2, length: 2, uniform: true },
      { first: 2, count: 1, length: 5, uniform: true },
      { first: 3, count: 1, length: 9, uniform: true },
    ]);
    expect(planGroups(lengths, { perGroup: 1, perWeight: 0, perPaddedToken: 0 })).toEqual([
      { first: 0, count: 4, length: 9, uniform: false },
    ]);
    expect(planGroups([], { perGroup: 1, perWeight: 1, perPaddedToken: 1 })).toEqual([]);
  });

  it('finds the cheapest cut, in whatever order the lengths are', () => {
    const costs = fc.record({
      perGroup: fc.integer({ min: 0, max: 200 }),
      perWeight: fc.integer({ min: 0, max: 3 }),
      perPaddedToken: fc.integer({ min: 0, max: 9 }),
    });
    const lengths = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lengths, costs, fc.boolean(), (drawn, costs, sorted) => {
        const lengths = sorted ? drawn.sort((a, b) => a - b) : drawn;
        const cheapest = Math.min(...everyCut(lengths).map((groups) => cost(groups, costs)));
        expect(cost(planGroups(lengths, costs), costs)).toBe(cheapest);
      }),
    );
  });
});
