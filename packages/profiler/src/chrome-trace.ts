import process from 'node:process';
import { memoryCategories } from './memory-timeline.js';
import type { Profile } from './profile.js';

/** Most memory samples in a trace; more are thinned out evenly, with the peak kept. */
const MEMORY_SAMPLES = 20_000;

/**
 * Formats a profile as a trace for `chrome://tracing` and Perfetto (Trace Event Format, µs): complete events for ops and ranges,
 * and a counter of native memory by category if it was profiled.
 *
 * @returns JSON text
 */
export function chromeTrace({ events, memory }: Pick<Profile, 'events' | 'memory'>): string {
  const complete = [...events]
    .sort((a, b) => a.start - b.start || b.duration - a.duration)
    .map(({ name, kind, start, duration, shapes, outputBytes, flops }) => ({
      name,
      cat: kind === 'op' ? 'cpu_op' : 'user_annotation',
      ph: 'X',
      ts: start,
      dur: duration,
      pid: process.pid,
      tid: 0,
      args:
        kind === 'op'
          ? { 'Input Dims': shapes, 'Output Bytes': outputBytes, ...(flops !== null && { FLOPs: flops }) }
          : {},
    }));
  const step = Math.ceil(memory.length / MEMORY_SAMPLES);
  const peak = memory.reduce((most, { total }) => Math.max(most, total), 0);
  const counters = memory
    .filter(({ total }, i) => i % step === 0 || total === peak)
    .map(({ time, bytes }) => ({
      name: 'native memory, MB',
      ph: 'C',
      ts: time,
      pid: process.pid,
      args: Object.fromEntries(memoryCategories.map((category) => [category, bytes[category] / 1024 ** 2])),
    }));
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...complete, ...counters] });
}
