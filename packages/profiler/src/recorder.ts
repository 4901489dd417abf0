import type { ProfilerEvent } from './profiler-event.js';

/** What is known of an event when it ends. */
export type EventFacts = Pick<ProfilerEvent, 'name' | 'kind' | 'shapes' | 'outputBytes' | 'flops'>;

/** Times nested events. An event's self time is its own less that of the events directly inside it. */
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
