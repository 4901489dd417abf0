import { resetWidenedOps, widenedOps } from '@fin/runtime';

/** Why an op computed in float32 what could have been low. */
export type WideningReason =
  /** TensorFlow has no kernel of this op for the low dtype on this device. */
  | 'no low kernel'
  /** The op is on the float32 list. */
  | 'float32 list'
  /** Other inputs were float32, and the op wants one dtype. */
  | 'mixed inputs'
  /** The machine has no units for the low dtype: stored low, computed wide. */
  | 'wide mode'
  /** The op ran outside of every scope, where the runtime widens all but ops that only move values. */
  | 'outside autocast';

/** What one op cost in casts to float32. */
export interface Widening {
  /** TensorFlow's name of the op. */
  readonly op: string;
  readonly reason: WideningReason;
  /** Calls that computed in float32 for this reason. */
  readonly calls: number;
  /** Casts made for them: fewer than inputs, where one that was widened before could be used again. null where only calls are counted. */
  readonly casts: number | null;
  /** Elements that these casts went over. */
  readonly elements: number | null;
}

interface Count {
  readonly op: string;
  readonly reason: WideningReason;
  calls: number;
  casts: number;
  elements: number;
}

const counts = new Map<string, Count>();

/** Counts one call. */
export function countWidening(op: string, reason: WideningReason, casts: number, elements: number): void {
  const key = `${op} ${reason}`;
  let count = counts.get(key);
  if (!count) {
    count = { op, reason, calls: 0, casts: 0, elements: 0 };
    counts.set(key, count);
  }
  count.calls++;
  count.casts += casts;
  count.elements += elements;
}

/** Every widening in this process since the last reset, most elements first: where the speed of low precision went. */
export function wideningReport(): readonly Widening[] {
  const inScopes = [...counts.values()]
    .map((count) => ({ ...count }))
    .sort((a, b) => b.elements - a.elements);
  const outside = [...widenedOps()].map(
    ([op, calls]) => ({ op, reason: 'outside autocast', calls, casts: null, elements: null }) as const,
  );
  return [...inScopes, ...outside.sort((a, b) => b.calls - a.calls)];
}

/** Begins counting anew. */
export function resetWideningReport(): void {
  counts.clear();
  resetWidenedOps();
}
