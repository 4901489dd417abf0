import type { NativeDType } from '@fin/runtime';

/** One op, or one range named with `recordFunction`. */
export interface ProfilerEvent {
  /** TensorFlow's op name, or the name of the range. */
  readonly name: string;
  readonly kind: 'op' | 'range';
  /** Start relative to the start of the profile, µs. */
  readonly start: number;
  /** Duration including nested events, µs. */
  readonly duration: number;
  /** Duration without nested events, µs. For a range, this is JavaScript between its ops. */
  readonly selfDuration: number;
  /** Names of the ranges around the event, outermost first. */
  readonly stack: readonly string[];
  /** Shapes of the inputs; empty for a range. */
  readonly shapes: readonly (readonly number[])[];
  /** Bytes of the outputs; 0 for a range. */
  readonly outputBytes: number;
  /** Floating-point operations of an op with a formula; null for any other op. */
  readonly flops: number | null;
  /** Dtype in which an op with a formula computes; null for any other op. */
  readonly dtype: NativeDType | null;
}

/** Facts about an op known at its end. */
export type OpFacts = Pick<ProfilerEvent, 'name' | 'shapes' | 'outputBytes' | 'flops' | 'dtype'>;

/** Times nested events. The self time of an event excludes the events directly inside it. */
export class Recorder {
  readonly events: ProfilerEvent[] = [];
  readonly #origin = performance.now();
  readonly #open: { start: number; inside: number }[] = [];
  #ranges: readonly string[] = [];
  #inOps = 0;
  #opTime = 0;

  /** Time since the start, µs. */
  get now(): number {
    return 1000 * (performance.now() - this.#origin);
  }

  /** Names of the open ranges, outermost first. */
  get ranges(): readonly string[] {
    return this.#ranges;
  }

  /** Time in ops so far, without ops inside ops, µs. */
  get opTime(): number {
    return this.#opTime;
  }

  beginOp(): void {
    this.#inOps++;
    this.#begin();
  }

  endOp(facts: OpFacts): void {
    this.#inOps--;
    const duration = this.#end({ ...facts, kind: 'op', stack: this.#ranges });
    if (this.#inOps === 0) this.#opTime += duration;
  }

  beginRange(name: string): void {
    this.#ranges = [...this.#ranges, name];
    this.#begin();
  }

  endRange(): void {
    const name = this.#ranges[this.#ranges.length - 1];
    if (name === undefined) return; // it began before the profile
    this.#ranges = this.#ranges.slice(0, -1);
    this.#end({
      name,
      kind: 'range',
      stack: this.#ranges,
      shapes: [],
      outputBytes: 0,
      flops: null,
      dtype: null,
    });
  }

  #begin(): void {
    this.#open.push({ start: performance.now(), inside: 0 });
  }

  /** @returns the duration, µs */
  #end(facts: Omit<ProfilerEvent, 'start' | 'duration' | 'selfDuration'>): number {
    const frame = this.#open.pop();
    if (!frame) return 0;
    const duration = performance.now() - frame.start;
    const parent = this.#open[this.#open.length - 1];
    if (parent) parent.inside += duration;
    this.events.push({
      ...facts,
      start: 1000 * (frame.start - this.#origin),
      duration: 1000 * duration,
      selfDuration: 1000 * Math.max(0, duration - frame.inside),
    });
    return 1000 * duration;
  }
}
