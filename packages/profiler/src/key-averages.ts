import type { NativeDType } from '@fin/runtime';
import { fusedWork } from './fused-ops.js';
import type { Profile } from './profile.js';
import type { ProfilerEvent } from './recorder.js';

/** Sums over the events of one name. */
export interface KeyAverage {
  readonly name: string;
  /** `javascript`: the time between ops. */
  readonly kind: ProfilerEvent['kind'] | 'javascript';
  /** Shapes of the inputs if events are grouped by them, else empty. */
  readonly shapes: readonly (readonly number[])[];
  /** Ranges around the events, outermost first, if events are grouped by them, else empty. */
  readonly stack: readonly string[];
  readonly calls: number;
  /** Time without nested events, µs. For a range, JavaScript between its ops. */
  readonly selfTotal: number;
  /** Time with nested events, µs; an event inside one of the same name counts twice. */
  readonly total: number;
  /** Mean time per call with nested events, µs. */
  readonly average: number;
  readonly outputBytes: number;
  /** Floating-point operations; null for ops without a formula. */
  readonly flops: number | null;
  /** Dtype in which ops with a formula compute, which have a row for each; null for others. */
  readonly dtype: NativeDType | null;
  /** Work that the op fuses; null for an op that does one thing. */
  readonly fuses: string | null;
}

/** Settings of {@link keyAverages}. */
export interface KeyAveragesOptions {
  /** One row per combination of input shapes. @default false */
  readonly groupByInputShape?: boolean;
  /** One row per stack of ranges around the event, such as forward and backward. @default false */
  readonly groupByStack?: boolean;
  /** Column to sort by, largest first. @default 'selfTotal' */
  readonly sortBy?: 'selfTotal' | 'total' | 'calls' | 'outputBytes';
}

/** Sums events by name: torch.profiler's `key_averages()`. */
export function keyAverages(
  events: readonly ProfilerEvent[],
  options: KeyAveragesOptions = {},
): KeyAverage[] {
  const { groupByInputShape = false, groupByStack = false, sortBy = 'selfTotal' } = options;
  const groups = new Map<string, ProfilerEvent[]>();
  for (const event of events) {
    const key = JSON.stringify([
      event.kind,
      event.name,
      event.dtype,
      groupByInputShape ? event.shapes : null,
      groupByStack ? event.stack : null,
    ]);
    const group = groups.get(key);
    if (group) group.push(event);
    else groups.set(key, [event]);
  }
  const rows = [...groups.values()].map((group): KeyAverage => {
    const sum = (of: (event: ProfilerEvent) => number) =>
      group.reduce((total, event) => total + of(event), 0);
    const [{ name, kind, shapes, stack, flops, dtype }] = group;
    const total = sum(({ duration }) => duration);
    return {
      name,
      kind,
      shapes: groupByInputShape ? shapes : [],
      stack: groupByStack ? stack : [],
      calls: group.length,
      selfTotal: sum(({ selfDuration }) => selfDuration),
      total,
      average: total / group.length,
      outputBytes: sum(({ outputBytes }) => outputBytes),
      flops: flops === null ? null : sum((event) => event.flops ?? 0),
      dtype,
      fuses: kind === 'op' ? fusedWork(name) : null,
    };
  });
  return rows.sort((a, b) => b[sortBy] - a[sortBy]);
}

const JAVASCRIPT = 'JavaScript between ops';

/**
 * Rows of a whole profile for a table: its ops, and the JavaScript between them as a row of its own. Ranges are left out, because
 * their self time is that JavaScript.
 */
export function opAverages(profile: Profile, options: KeyAveragesOptions = {}): KeyAverage[] {
  const { javascriptTime: time, events } = profile;
  const ops = keyAverages(
    events.filter(({ kind }) => kind === 'op'),
    options,
  );
  const between: KeyAverage = {
    name: JAVASCRIPT,
    kind: 'javascript',
    shapes: [],
    stack: [],
    calls: 1,
    selfTotal: time,
    total: time,
    average: time,
    outputBytes: 0,
    flops: null,
    dtype: null,
    fuses: null,
  };
  const { sortBy = 'selfTotal' } = options;
  return [...ops, between].sort((a, b) => b[sortBy] - a[sortBy]);
}

/** Time and ops of one phase. */
export interface PhaseTime {
  /** `data`, `forward`, `backward`, `optimizer`, or `other` outside all of them. */
  readonly phase: string;
  /** Time of the phase, µs; for `other`, the rest of the profile. */
  readonly time: number;
  /** Time in ops, µs. */
  readonly opTime: number;
  readonly ops: number;
}

const PHASES = ['data', 'forward', 'backward', 'optimizer'];

/** Splits a profile of training into its phases, which the training loop of `@fin/train` marks. */
export function phaseTimes({ events, duration, opTime }: Profile): PhaseTime[] {
  const phases = PHASES.map((phase): PhaseTime => {
    const ranges = events.filter(({ name, kind }) => kind === 'range' && name === phase);
    const ops = events.filter(
      ({ kind, stack }) => kind === 'op' && stack.findLast((name) => PHASES.includes(name)) === phase,
    );
    const sum = (some: readonly ProfilerEvent[], field: 'duration' | 'selfDuration') =>
      some.reduce((total, event) => total + event[field], 0);
    return { phase, time: sum(ranges, 'duration'), opTime: sum(ops, 'selfDuration'), ops: ops.length };
  });
  const all = events.filter(({ kind }) => kind === 'op').length;
  const rest = (of: (phase: PhaseTime) => number, whole: number) =>
    Math.max(0, whole - phases.reduce((sum, phase) => sum + of(phase), 0));
  const other: PhaseTime = {
    phase: 'other',
    time: rest(({ time }) => time, duration),
    opTime: rest((phase) => phase.opTime, opTime),
    ops: rest(({ ops }) => ops, all),
  };
  return [...phases, other];
}
