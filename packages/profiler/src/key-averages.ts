import type { ProfilerEvent } from './profiler-event.js';

/** All events of one name. */
export interface KeyAverage {
  readonly name: string;
  readonly kind: ProfilerEvent['kind'];
  /** Shapes of the inputs, when events were grouped by them; empty otherwise. */
  readonly shapes: readonly (readonly number[])[];
  readonly calls: number;
  /** µs */
  readonly selfTotal: number;
  /** µs; an event inside one of the same name counts twice. */
  readonly total: number;
  /** µs */
  readonly average: number;
  readonly outputBytes: number;
  readonly flops: number | null;
}

/** How {@link keyAverages} groups and sorts. */
export interface KeyAveragesOptions {
  /** One row for each combination of input shapes. @default false */
  readonly groupByInputShape?: boolean;
  /** Largest first. @default 'selfTotal' */
  readonly sortBy?: 'selfTotal' | 'total' | 'calls' | 'outputBytes';
}

/** Sums the events of each name: torch.profiler's `key_averages()`. */
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
