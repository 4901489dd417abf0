import type { ProfilerEvent } from './recorder.js';

/** Sums over the events of one name. */
export interface KeyAverage {
  readonly name: string;
  readonly kind: ProfilerEvent['kind'];
  /** Shapes of the inputs if events are grouped by them, else empty. */
  readonly shapes: readonly (readonly number[])[];
  readonly calls: number;
  /** Time without nested events, µs. */
  readonly selfTotal: number;
  /** Time with nested events, µs; an event inside one of the same name counts twice. */
  readonly total: number;
  /** Mean time per call with nested events, µs. */
  readonly average: number;
  readonly outputBytes: number;
  readonly flops: number | null;
}

/** Settings of {@link keyAverages}. */
export interface KeyAveragesOptions {
  /** One row per combination of input shapes. @default false */
  readonly groupByInputShape?: boolean;
  /** Column to sort by, largest first. @default 'selfTotal' */
  readonly sortBy?: 'selfTotal' | 'total' | 'calls' | 'outputBytes';
}

/** Sums events by name: torch.profiler's `key_averages()`. */
export function keyAverages(
  events: readonly ProfilerEvent[],
  options: KeyAveragesOptions = {},
): KeyAverage[] {
  const { groupByInputShape = false, sortBy = 'selfTotal' } = options;
  const groups = new Map<string, ProfilerEvent[]>();
  for (const event of events) {
    const key = JSON.stringify([event.kind, event.name, groupByInputShape ? event.shapes : null]);
    const group = groups.get(key);
    if (group) group.push(event);
    else groups.set(key, [event]);
  }
  const rows = [...groups.values()].map((group): KeyAverage => {
    const sum = (of: (event: ProfilerEvent) => number) =>
      group.reduce((total, event) => total + of(event), 0);
    const [{ name, kind, shapes, flops }] = group;
    const total = sum(({ duration }) => duration);
    return {
      name,
      kind,
      shapes: groupByInputShape ? shapes : [],
      calls: group.length,
      selfTotal: sum(({ selfDuration }) => selfDuration),
      total,
      average: total / group.length,
      outputBytes: sum(({ outputBytes }) => outputBytes),
      flops: flops === null ? null : sum((event) => event.flops ?? 0),
    };
  });
  return rows.sort((a, b) => b[sortBy] - a[sortBy]);
}
