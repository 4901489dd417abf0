/** One op, or one range named with `recordFunction`. */
export interface ProfilerEvent {
  /** TensorFlow's op name, or the name of the range. */
  readonly name: string;
  readonly kind: 'op' | 'range';
  /** Start relative to the start of the profile, µs. */
  readonly start: number;
  /** Duration including nested events, µs. */
  readonly duration: number;
  /** Duration without nested events, µs. */
  readonly selfDuration: number;
  /** Shapes of the inputs; empty for a range. */
  readonly shapes: readonly (readonly number[])[];
  /** Bytes of the outputs; 0 for a range. */
  readonly outputBytes: number;
  /** Floating-point operations of the matrix products in it; null for an op without any. */
  readonly flops: number | null;
}

/** Facts about an event known at its end. */
type EventFacts = Pick<ProfilerEvent, 'name' | 'kind' | 'shapes' | 'outputBytes' | 'flops'>;

/** Times nested events. The self time of an event excludes the events directly inside it. */
export class Recorder {
  readonly events: ProfilerEvent[] = [];
  readonly #origin = performance.now();
  readonly #open: { start: number; inside: number }[] = [];

  begin(): void {
    this.#open.push({ start: performance.now(), inside: 0 });
  }

  end(facts: EventFacts): void {
    const frame = this.#open.pop();
    if (!frame) return;
    const duration = performance.now() - frame.start;
    const parent = this.#open[this.#open.length - 1];
    if (parent) parent.inside += duration;
    this.events.push({
      ...facts,
      start: 1000 * (frame.start - this.#origin),
      duration: 1000 * duration,
      selfDuration: 1000 * Math.max(0, duration - frame.inside),
    });
  }
}
