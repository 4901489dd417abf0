import { opAverages } from './key-averages.js';
import type { Profile } from './profile.js';

/** One op in two profiles. */
export interface OpComparison {
  readonly name: string;
  /** Calls before and after. */
  readonly calls: readonly [before: number, after: number];
  /** Self time before and after, µs. */
  readonly time: readonly [before: number, after: number];
  /** Time after over time before; null when the op was not there before. */
  readonly ratio: number | null;
}

/** Compares two profiles op by op, JavaScript between ops included. Sorted by the larger change of time first. */
export function compareProfiles(before: Profile, after: Profile): OpComparison[] {
  const [first, second] = [before, after].map(
    (profile) => new Map(opAverages(profile).map((row) => [row.name, row])),
  );
  const names = [...new Set([...first.keys(), ...second.keys()])];
  const rows = names.map((name): OpComparison => {
    const [a, b] = [first.get(name), second.get(name)];
    const time = [a?.selfTotal ?? 0, b?.selfTotal ?? 0] as const;
    const ratio = time[0] > 0 ? time[1] / time[0] : null;
    return { name, calls: [a?.calls ?? 0, b?.calls ?? 0], time, ratio };
  });
  const change = ({ time: [a, b] }: OpComparison) => Math.abs(a - b);
  return rows.sort((a, b) => change(b) - change(a));
}
