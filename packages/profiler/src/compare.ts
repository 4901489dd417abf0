import type { KeyAverage } from './key-averages.js';
import { opAverages } from './key-averages.js';
import type { Profile } from './profile.js';
import type { ProfileSummary } from './summary.js';

/** One op in two profiles, per step. */
export interface OpComparison {
  readonly name: string;
  /** Calls per step before and after. */
  readonly calls: readonly [before: number, after: number];
  /** Self time per step before and after, µs. */
  readonly time: readonly [before: number, after: number];
  /** Time after over time before; null when the op was not there before. */
  readonly ratio: number | null;
}

/**
 * Compares two profiles op by op, JavaScript between ops included. Summaries are compared per step; a profile counts as one step.
 * Sorted by the larger change of time first.
 */
export function compareProfiles(
  before: Profile | ProfileSummary,
  after: Profile | ProfileSummary,
): OpComparison[] {
  const [first, second] = [before, after].map(perStep);
  const names = [...new Set([...first.keys(), ...second.keys()])];
  const rows = names.map((name): OpComparison => {
    const [a, b] = [first.get(name), second.get(name)];
    const time = [a?.time ?? 0, b?.time ?? 0] as const;
    const ratio = time[0] > 0 ? time[1] / time[0] : null;
    return { name, calls: [a?.calls ?? 0, b?.calls ?? 0], time, ratio };
  });
  const change = ({ time: [a, b] }: OpComparison) => Math.abs(a - b);
  return rows.sort((a, b) => change(b) - change(a));
}

/** Calls and self time of each op, whatever its dtype. */
function perStep(profile: Profile | ProfileSummary): Map<string, { calls: number; time: number }> {
  const [rows, steps]: [readonly KeyAverage[], number] =
    'ops' in profile ? [profile.ops, profile.steps] : [opAverages(profile), 1];
  const sums = new Map<string, { calls: number; time: number }>();
  for (const { name, calls, selfTotal } of rows) {
    const sum = sums.get(name) ?? { calls: 0, time: 0 };
    sums.set(name, { calls: sum.calls + calls / steps, time: sum.time + selfTotal / steps });
  }
  return sums;
}
